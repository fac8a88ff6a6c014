namespace Documentation.Snippets;

/// <summary>The files of the repository that this project was built from.</summary>
internal static class Repository
{
    // Projects that see what users see. Tests and benchmarks see the library's internal members, which no example may use.
    private static readonly string[] UserProjects =
    [
        "test/Microsoft.ML.Implicit.Documentation", "test/Microsoft.ML.Implicit.Siblings", "build/package/consumer", "src/Samples",
    ];

    public static string Root { get; } = FindRoot();

    /// <summary>The pages of the documentation: the README and the folder docs.</summary>
    public static IEnumerable<string> Pages => Files("docs", "*.md").Prepend(Path.Combine(Root, "README.md"));

    public static IEnumerable<string> Notebooks => Files("docs", "*.dib");

    /// <summary>Compiled code that sees public members alone.</summary>
    public static IEnumerable<string> Sources => UserProjects.SelectMany(project => Files(project, "*.cs"));

    private static IEnumerable<string> Files(string folder, string pattern) =>
        Directory.EnumerateFiles(Path.Combine(Root, folder), pattern, SearchOption.AllDirectories)
            .Where(file => !file.Split(Path.DirectorySeparatorChar).Intersect(["bin", "obj"]).Any());

    private static string FindRoot()
    {
        string? folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "ImplicitML.sln")))
        {
            folder = Path.GetDirectoryName(folder);
        }

        return folder ?? throw new DirectoryNotFoundException($"No folder above {AppContext.BaseDirectory} has ImplicitML.sln.");
    }
}
