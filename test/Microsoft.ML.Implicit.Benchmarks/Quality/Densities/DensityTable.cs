using System.Globalization;

namespace Microsoft.ML.Implicit.Benchmarks.Quality.Densities;

/// <summary>Continuous columns of a table, split into training, validation and test rows, dequantised.</summary>
/// <param name="Name">File name without ending.</param>
internal sealed record DensityTable(string Name)
{
    private const int FewestDistinctValues = 30;
    private const int MaximumRows = 8000;

    public static IReadOnlyList<DensityTable> All { get; } =
    [
        new("banknote"),
        new("BostonHousing"),
        new("breast_cancer"),
        new("concrete"),
        new("diamonds"),
        new("flchain"),
        new("nox"),
        new("ozone1"),
        new("quakes"),
        new("sachs_cytometry"),
        new("Sacramento"),
        new("satellite"),
        new("segmentationData"),
        new("shuttle"),
        new("sonar"),
        new("Vehicle"),
        new("vowel"),
        new("wine"),
    ];

    /// <summary>
    /// Columns of numbers with at least thirty distinct values, with uniform noise as wide as the usual distance between neighbouring values of each column;
    /// at most 8,000 rows: seven tenths, one tenth and two tenths.
    /// </summary>
    public (double[][] Train, double[][] Validation, double[][] Test) Load(string folder, int seed)
    {
        string[][] cells = [.. File.ReadLines(Path.Combine(folder, Name + ".csv")).Skip(1).Select(line => line.Split(','))];
        int[] columns = [.. Enumerable.Range(0, cells[0].Length).Where(column => IsContinuous(cells, column))];
        double[][] rows = [.. cells.Select(row => Array.ConvertAll(columns, column => double.Parse(row[column], CultureInfo.InvariantCulture)))];
        var random = new Random(seed);
        random.Shuffle(rows);
        rows = [.. rows.Take(MaximumRows)];
        for (int j = 0; j < columns.Length; j++)
        {
            double step = Step([.. rows.Select(row => row[j])]);
            foreach (double[] row in rows)
            {
                row[j] += step * (random.NextDouble() - 0.5);
            }
        }

        int test = rows.Length / 5;
        int validation = rows.Length / 10;
        return (rows[(test + validation)..], rows[test..(test + validation)], rows[..test]);
    }

    private static bool IsContinuous(string[][] cells, int column) =>
        cells.All(row => double.TryParse(row[column], CultureInfo.InvariantCulture, out _)) && cells.Select(row => row[column]).Distinct().Count() >= FewestDistinctValues;

    // Median distance of distinct values that follow one another.
    private static double Step(double[] values)
    {
        double[] distinct = [.. values.Distinct().Order()];
        double[] steps = [.. distinct.Skip(1).Zip(distinct, (b, a) => b - a).Order()];
        return steps[steps.Length / 2];
    }
}
