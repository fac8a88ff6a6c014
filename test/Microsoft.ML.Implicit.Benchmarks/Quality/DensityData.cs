using System.Globalization;

namespace Microsoft.ML.Implicit.Benchmarks.Quality;

/// <summary>Continuous columns of a data set, split into training, validation and test rows, dequantised.</summary>
/// <param name="Name">File name without ending.</param>
/// <param name="Columns">Indices of the columns.</param>
internal sealed record DensityData(string Name, IReadOnlyList<int> Columns)
{
    public static IReadOnlyList<DensityData> All { get; } =
    [
        new("sachs_cytometry", [.. Enumerable.Range(0, 11)]),
        new("concrete", [.. Enumerable.Range(0, 9)]),
        new("diamonds", [0, 4, 5, 6, 7, 8, 9]),
    ];

    /// <summary>Rows with uniform noise as wide as the usual distance between neighbouring values of each column.</summary>
    public (double[][] Train, double[][] Validation, double[][] Test) Load(string folder, int seed)
    {
        var random = new Random(seed);
        double[][] rows = [.. File.ReadLines(Path.Combine(folder, Name + ".csv")).Skip(1).Select(Parse)];
        for (int j = 0; j < Columns.Count; j++)
        {
            double step = Step([.. rows.Select(r => r[j])]);
            foreach (double[] row in rows)
            {
                row[j] += step * (random.NextDouble() - 0.5);
            }
        }

        random.Shuffle(rows);
        int test = rows.Length / 5;
        int validation = rows.Length / 10;
        return (rows[(test + validation)..], rows[test..(test + validation)], rows[..test]);
    }

    private double[] Parse(string line)
    {
        string[] fields = line.Split(',');
        return [.. Columns.Select(c => double.Parse(fields[c], CultureInfo.InvariantCulture))];
    }

    // Median distance of distinct values that follow one another.
    private static double Step(double[] values)
    {
        double[] distinct = [.. values.Distinct().Order()];
        double[] steps = [.. distinct.Skip(1).Zip(distinct, (b, a) => b - a).Order()];
        return steps[steps.Length / 2];
    }
}
