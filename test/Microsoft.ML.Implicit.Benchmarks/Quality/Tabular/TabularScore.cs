using System.Globalization;

namespace Microsoft.ML.Implicit.Benchmarks.Quality.Tabular;

/// <summary>How well one model did on one split.</summary>
/// <param name="Data">Name of the table.</param>
/// <param name="Seed">The split.</param>
/// <param name="Model">Name of the model.</param>
/// <param name="Failure">Share of wrong classes, or root of the mean square error: less is better.</param>
/// <param name="LogLoss">Mean negative log of the right class's probability; null where numbers are asked for.</param>
internal sealed record TabularScore(string Data, int Seed, string Model, double Failure, double? LogLoss)
{
    /// <summary>Reads scores as they are printed, several models a line: name and accuracy and log loss, or name and error.</summary>
    public static IEnumerable<TabularScore> ReadAll(string file) =>
        from cells in PrintedScores.Read(file)
        from cell in cells[2..]
        let parts = cell.Split(' ')
        where parts.Length > 1
        let numbers = parts[1..].Select(part => double.Parse(part, CultureInfo.InvariantCulture)).ToArray()
        select new TabularScore(cells[0], int.Parse(cells[1], CultureInfo.InvariantCulture), parts[0], numbers.Length == 2 ? 1 - numbers[0] : numbers[0], numbers.Length == 2 ? numbers[1] : null);

    public override string ToString() => LogLoss is null
        ? string.Create(CultureInfo.InvariantCulture, $"{Data}\t{Seed}\t{Model} {Failure:G5}")
        : string.Create(CultureInfo.InvariantCulture, $"{Data}\t{Seed}\t{Model} {1 - Failure:F4} {LogLoss:F4}");
}
