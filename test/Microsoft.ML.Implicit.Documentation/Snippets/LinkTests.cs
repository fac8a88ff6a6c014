using System.Text.RegularExpressions;

namespace Documentation.Snippets;

/// <summary>Links of the pages into the repository lead somewhere.</summary>
[TestClass]
public sealed partial class LinkTests
{
    [TestMethod]
    public void Relative_links_lead_to_files_and_to_headings_in_them()
    {
        string[] pages = [.. Repository.Pages, Path.Combine(Repository.Root, "CONTRIBUTING.md"), Path.Combine(Repository.Root, "CHANGELOG.md")];
        string[] broken = [.. pages.SelectMany(page => Targets(page).Where(target => !Leads(page, target)).Select(target => $"{Path.GetFileName(page)}: {target}"))];
        Assert.IsEmpty(broken, string.Join('\n', broken));
    }

    private static IEnumerable<string> Targets(string page) =>
        Link().Matches(Fence().Replace(File.ReadAllText(page), "")).Select(match => match.Groups["target"].Value).Where(target => !Address().IsMatch(target));

    private static bool Leads(string page, string target)
    {
        string[] parts = target.Split('#');
        string file = parts[0].Length == 0 ? page : Path.GetFullPath(parts[0], Path.GetDirectoryName(page)!);
        return Path.Exists(file) && (parts.Length == 1 || Headings(file).Contains(parts[1]));
    }

    // Anchors as they are made of headings on the web: lower case, hyphens for spaces, no punctuation.
    private static IEnumerable<string> Headings(string file) =>
        Heading().Matches(File.ReadAllText(file)).Select(match => NotInAnchors().Replace(match.Groups["text"].Value.Trim().ToLowerInvariant(), "").Replace(' ', '-'));

    [GeneratedRegex(@"\]\((?<target>[^)\s]+)\)")]
    private static partial Regex Link();

    [GeneratedRegex(@"^```.*?^```", RegexOptions.Singleline | RegexOptions.Multiline)]
    private static partial Regex Fence();

    [GeneratedRegex(@"^[a-z]+:")]
    private static partial Regex Address();

    [GeneratedRegex(@"^#+ (?<text>.*)$", RegexOptions.Multiline)]
    private static partial Regex Heading();

    [GeneratedRegex(@"[^\w\- ]")]
    private static partial Regex NotInAnchors();
}
