using System.Text.RegularExpressions;

namespace BuildTools;

/// <summary>Writes the README for a place that has no files of the repository beside it.</summary>
internal static partial class PackageReadme
{
    /// <summary>Relative links become absolute ones into the repository, at one revision; without a repository their text stays alone, and images go.</summary>
    public static void Write(string source, string target, string repository, string revision)
    {
        string text = RelativeLink().Replace(File.ReadAllText(source), link =>
        {
            bool isImage = link.Groups["image"].Length > 0;
            string label = link.Groups["label"].Value;
            return repository.Length > 0 ? $"{link.Groups["image"]}[{label}]({repository}/{(isImage ? "raw" : "blob")}/{revision}/{link.Groups["path"]})"
                : isImage ? "" : label;
        });
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(target))!);
        File.WriteAllText(target, text);
    }

    [GeneratedRegex(@"(?<image>!?)\[(?<label>[^\]]*)\]\((?<path>(?![a-z]+:|#)[^)\s]+)\)")]
    private static partial Regex RelativeLink();
}
