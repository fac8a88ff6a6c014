using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace Documentation.Snippets;

/// <summary>A piece of C# code in the documentation.</summary>
/// <param name="Place">Where it stands, for messages.</param>
/// <param name="Lines">Its lines, without indentation.</param>
internal sealed partial record Snippet(string Place, IReadOnlyList<string> Lines)
{
    // What the SDK's implicit usings bring into the sources; a notebook has to name it.
    private static readonly string[] ImplicitUsings = ["using System.IO;"];

    /// <summary>Blocks of Markdown that are marked as C#.</summary>
    public static IEnumerable<Snippet> OfMarkdown(string file) =>
        Fence().Matches(File.ReadAllText(file)).Select((match, index) => Create($"{Path.GetFileName(file)}, block {index + 1}", match.Groups["code"].Value));

    /// <summary>C# cells of a polyglot notebook, without their directives.</summary>
    public static IEnumerable<Snippet> OfNotebook(string file) =>
        Cell().Matches(File.ReadAllText(file)).Select((match, index) => Create($"{Path.GetFileName(file)}, cell {index + 1}", match.Groups["code"].Value));

    /// <summary>Examples of members.</summary>
    /// <param name="file">Documentation that the compiler wrote.</param>
    public static IEnumerable<Snippet> OfMembers(string file) =>
        XDocument.Load(file).Descendants("member").SelectMany(member => member.Descendants("example").Descendants("code").Select(code => Create((string)member.Attribute("name")!, code.Value)));

    /// <summary>
    /// Whether a source file has the code: what it uses anywhere, and its paragraphs line by line, one after the other. Between
    /// paragraphs the file may have more, such as assertions.
    /// </summary>
    public bool OccursIn(IReadOnlyList<string> source)
    {
        int from = 0;
        return Lines.Where(IsUsing).Except(ImplicitUsings).All(source.Contains) && Paragraphs().All(paragraph => (from = End(source, from, paragraph)) >= 0);
    }

    /// <summary>Lines without indentation, and types without their accessibility: a reader's may stand anywhere, the source's within a test.</summary>
    public static string[] Normalize(string code) => [.. code.Split('\n').Select(line => Accessibility().Replace(line.Trim(), ""))];

    private static Snippet Create(string place, string code) => new(place, [.. Normalize(code).Where(line => !line.StartsWith('#'))]);

    private static bool IsUsing(string line) => Using().IsMatch(line);

    private IEnumerable<string[]> Paragraphs()
    {
        List<string> paragraph = [];
        foreach (string line in Lines.Where(line => !IsUsing(line)).Append(""))
        {
            if (line.Length > 0)
            {
                paragraph.Add(line);
            }
            else if (paragraph.Count > 0)
            {
                yield return [.. paragraph];
                paragraph.Clear();
            }
        }
    }

    private static int End(IReadOnlyList<string> source, int from, string[] paragraph)
    {
        for (int start = from; start + paragraph.Length <= source.Count; start++)
        {
            if (paragraph.Select((line, i) => source[start + i] == line).All(isSame => isSame))
            {
                return start + paragraph.Length;
            }
        }

        return -1;
    }

    [GeneratedRegex(@"^```csharp\r?\n(?<code>.*?)^```", RegexOptions.Singleline | RegexOptions.Multiline)]
    private static partial Regex Fence();

    [GeneratedRegex(@"^#!csharp\r?\n(?<code>.*?)(?=^#!|\z)", RegexOptions.Singleline | RegexOptions.Multiline)]
    private static partial Regex Cell();

    [GeneratedRegex(@"^(public|private|internal) (?=(sealed |abstract |static |partial )*(class|record|struct|enum|interface) )")]
    private static partial Regex Accessibility();

    [GeneratedRegex(@"^using (static )?[\w.]+;$")]
    private static partial Regex Using();
}
