using System.Globalization;

namespace Microsoft.ML.Implicit.Benchmarks.Quality.Densities;

/// <summary>How well one model predicted the test rows of one split.</summary>
/// <param name="Data">Name of the table.</param>
/// <param name="Seed">The split.</param>
/// <param name="Model">Name of the model.</param>
/// <param name="LogDensity">Mean log density of a row of standardised columns, in nats.</param>
/// <param name="Seconds">Seconds to train and score.</param>
internal sealed record DensityScore(string Data, int Seed, string Model, double LogDensity, double Seconds)
{
    /// <summary>Reads scores as they are printed.</summary>
    public static IEnumerable<DensityScore> ReadAll(string file) =>
        from cells in PrintedScores.Read(file)
        where cells.Length == 5
        select new DensityScore(cells[0], int.Parse(cells[1], CultureInfo.InvariantCulture), cells[2], double.Parse(cells[3], CultureInfo.InvariantCulture), double.Parse(cells[4], CultureInfo.InvariantCulture));

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Data}\t{Seed}\t{Model}\t{LogDensity:F4}\t{Seconds:F1}");
}
