using System.Globalization;

namespace Microsoft.ML.Implicit.Benchmarks.Quality.Forecasting;

/// <summary>How well one model did on one split of a panel.</summary>
/// <param name="Data">Name of the panel.</param>
/// <param name="Seed">The split.</param>
/// <param name="Model">Name of the model.</param>
/// <param name="Error">Error of all variables together.</param>
/// <param name="Seconds">Processor time.</param>
/// <param name="Questions">Number of histories asked about.</param>
/// <param name="Variables">Root mean square error of each variable.</param>
/// <param name="Coverage">Of each variable's bounds; empty for a model without bounds.</param>
/// <param name="Crps">Continuous ranked probability score of all variables together; <see langword="null"/> for a model without quantiles.</param>
internal sealed record ForecastScore(string Data, int Seed, string Model, double Error, double Seconds, int Questions, double[] Variables, Coverage[] Coverage, double? Crps = null)
{
    // Files of before have no ranked probability score.
    private const int CellCount = 9;

    /// <summary>Reads scores as they are printed, and passes over all other lines.</summary>
    public static IEnumerable<ForecastScore> ReadAll(string file) =>
        from cells in PrintedScores.Read(file)
        where cells.Length is CellCount or CellCount - 1
        select new ForecastScore(
            cells[0],
            int.Parse(cells[1], CultureInfo.InvariantCulture),
            cells[2],
            Number(cells[3]),
            Number(cells[4]),
            int.Parse(cells[5], CultureInfo.InvariantCulture),
            [.. Words(cells[6]).Select(Number)],
            [.. Words(cells[7]).Select(Forecasting.Coverage.Parse)],
            cells.Length == CellCount && cells[8].Length > 0 ? Number(cells[8]) : null);

    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Data}\t{Seed}\t{Model}\t{Error:G6}\t{Seconds:F1}\t{Questions}\t{string.Join(' ', Variables.Select(error => error.ToString("G6", CultureInfo.InvariantCulture)))}\t{string.Join(' ', Coverage)}\t{Crps:G6}");

    private static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);

    private static string[] Words(string text) => text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
}
