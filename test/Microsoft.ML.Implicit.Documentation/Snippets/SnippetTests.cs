using Microsoft.ML;

namespace Documentation.Snippets;

/// <summary>Code that readers copy is code that was compiled and run.</summary>
[TestClass]
public sealed class SnippetTests
{
    [TestMethod]
    public void Every_block_of_code_in_the_pages_is_in_an_example_that_runs() => AssertOccur(Repository.Pages.SelectMany(Snippet.OfMarkdown));

    [TestMethod]
    public void Every_cell_of_the_notebooks_is_in_an_example_that_runs() => AssertOccur(Repository.Notebooks.SelectMany(Snippet.OfNotebook));

    [TestMethod]
    public void Every_example_of_a_member_is_in_an_example_that_runs() => AssertOccur(Snippet.OfMembers(LibraryDocumentation));

    [TestMethod]
    public void A_snippet_occurs_where_its_paragraphs_follow_each_other_and_nowhere_else()
    {
        string[] source = Snippet.Normalize("using System;\n  int a = 1;\n  int b = 2;\n\n  check(a);\n  int c = 3;");
        Assert.IsTrue(Occurs("using System;\n\nint a = 1;\nint b = 2;\n\nint c = 3;"));
        Assert.IsTrue(Occurs("int b = 2;"));
        Assert.IsFalse(Occurs("using System.Linq;\nint a = 1;"));
        Assert.IsFalse(Occurs("int a = 1;\nint c = 3;"));
        Assert.IsFalse(Occurs("int c = 3;\n\nint a = 1;"));

        bool Occurs(string code) => new Snippet("", Snippet.Normalize(code)).OccursIn(source);
    }

    internal static string LibraryDocumentation => Path.ChangeExtension(typeof(ImplicitCatalog).Assembly.Location, ".xml");

    private static void AssertOccur(IEnumerable<Snippet> snippets)
    {
        Snippet[] wanted = [.. snippets];
        string[][] sources = [.. Repository.Sources.Select(file => Snippet.Normalize(File.ReadAllText(file)))];
        string[] missing = [.. wanted.Where(snippet => !sources.Any(snippet.OccursIn)).Select(snippet => $"{snippet.Place}:\n{string.Join('\n', snippet.Lines)}")];
        Assert.IsNotEmpty(wanted);
        Assert.IsEmpty(missing, string.Join("\n\n", missing));
    }
}
