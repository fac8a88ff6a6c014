using System.Globalization;

namespace Microsoft.ML.Implicit.Benchmarks.Quality.Anomalies;

/// <summary>How well one model told anomalies from normal rows on one split.</summary>
/// <param name="Data">Name of the table.</param>
/// <param name="Seed">The split.</param>
/// <param name="Model">Name of the model.</param>
/// <param name="Area">Area under the ROC curve.</param>
/// <param name="Seconds">Seconds to train and score.</param>
internal sealed record AnomalyScore(string Data, int Seed, string Model, double Area, double Seconds)
{
    /// <summary>Reads scores as they are printed.</summary>
    public static IEnumerable<AnomalyScore> ReadAll(string file) =>
        from cells in PrintedScores.Read(file)
        where cells.Length == 5
        select new AnomalyScore(cells[0], int.Parse(cells[1], CultureInfo.InvariantCulture), cells[2], double.Parse(cells[3], CultureInfo.InvariantCulture), double.Parse(cells[4], CultureInfo.InvariantCulture));

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Data}\t{Seed}\t{Model}\t{Area:F4}\t{Seconds:F1}");
}
