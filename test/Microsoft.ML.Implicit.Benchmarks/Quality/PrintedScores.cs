using System.Globalization;

namespace Microsoft.ML.Implicit.Benchmarks.Quality;

/// <summary>Lines of a command's output that are scores: of a data set, a seed and a model. Tables that follow them have numbers in the place of models.</summary>
internal static class PrintedScores
{
    /// <summary>The cells of each such line of a file.</summary>
    public static IEnumerable<string[]> Read(string file) =>
        from line in File.ReadLines(file)
        let cells = line.Split('\t')
        where cells.Length > 2 && int.TryParse(cells[1], CultureInfo.InvariantCulture, out _) && !double.TryParse(cells[2], CultureInfo.InvariantCulture, out _)
        select cells;
}
