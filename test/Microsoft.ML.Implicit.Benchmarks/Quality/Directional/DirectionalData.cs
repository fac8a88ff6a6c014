using System.Globalization;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Benchmarks.Quality.Directional;

/// <summary>Unit vectors, split into training, validation and test rows.</summary>
/// <param name="Name">Name in the table.</param>
/// <param name="Truth">The distribution that the rows are drawn from, where it is known.</param>
/// <param name="Read">Reads the rows of a folder, in groups that a split must not separate.</param>
internal sealed record DirectionalData(string Name, VonMisesFisherMixture? Truth, Func<string, Random, IEnumerable<double[][]>>? Read)
{
    private const int DrawnRows = 5000;

    // Storms' positions are rounded to a tenth of a degree, which uniform noise undoes.
    private const double StormRounding = 0.1;

    public static IReadOnlyList<DirectionalData> All { get; } =
    [
        new("von_mises_mixture", Mixture([[1, 0], [-0.6, 0.8], [0, -1]], [4, 20, 50]), null),
        new("von_mises_fisher_mixture", Mixture([[1, 0, 0], [0, -0.6, 0.8], [-0.8, 0, -0.6]], [5, 20, 50]), null),
        new("storm_headings", null, (folder, random) => Tracks(folder, random).Select(Headings)),
        new("storm_positions", null, Tracks),
        new("earthquakes", null, (folder, _) => Table(folder, "earthquakes_week.csv").Select(fields => new[] { OnSphere(Number(fields[2]), Number(fields[3])) })),
    ];

    /// <summary>Rows [rows, width], float64: a tenth for validation and a fifth for test.</summary>
    public (Tensor Train, Tensor Validation, Tensor Test) Load(string folder, int seed)
    {
        if (Truth is not null)
        {
            using var generator = new Generator((ulong)seed);
            return (Truth.Draw(DrawnRows, generator), Truth.Draw(DrawnRows / 10, generator), Truth.Draw(DrawnRows, generator));
        }

        var random = new Random(seed);
        double[][][] groups = [.. Read!(folder, random)];
        random.Shuffle(groups);
        int test = groups.Length / 5;
        int validation = groups.Length / 10;
        return (Rows(groups[(test + validation)..]), Rows(groups[test..(test + validation)]), Rows(groups[..test]));
    }

    private static Tensor Rows(double[][][] groups)
    {
        double[][] rows = [.. groups.SelectMany(group => group)];
        return tensor([.. rows.SelectMany(row => row)], [rows.Length, rows[0].Length]);
    }

    private static VonMisesFisherMixture Mixture(double[][] means, double[] concentrations) =>
        new(tensor([.. means.SelectMany(m => m)], [means.Length, means[0].Length]), tensor(concentrations), full([means.Length], -Math.Log(means.Length), ScalarType.Float64));

    // The positions of each storm in turn.
    private static IEnumerable<double[][]> Tracks(string folder, Random random)
    {
        double Dequantize(string degrees) => Number(degrees) + (StormRounding * (random.NextDouble() - 0.5));
        return Table(folder, "storms.csv").GroupBy(fields => fields[0]).Select(storm => storm.Select(fields => OnSphere(Dequantize(fields[2]), Dequantize(fields[3]))).ToArray());
    }

    // Where a storm went from each position, as a unit vector to the east and north.
    private static double[][] Headings(double[][] track) => [.. track.Zip(track.Skip(1), Heading).Where(heading => double.IsFinite(heading[0]))];

    private static double[] Heading(double[] from, double[] to)
    {
        double east = (from[0] * to[1]) - (from[1] * to[0]);
        double along = (from[0] * to[0]) + (from[1] * to[1]);
        double north = (to[2] * ((from[0] * from[0]) + (from[1] * from[1]))) - (from[2] * along);
        double length = Math.Sqrt((east * east) + (north * north));
        return [east / length, north / length];
    }

    private static double[] OnSphere(double latitude, double longitude)
    {
        double phi = latitude * Math.PI / 180, lambda = longitude * Math.PI / 180;
        return [Math.Cos(phi) * Math.Cos(lambda), Math.Cos(phi) * Math.Sin(lambda), Math.Sin(phi)];
    }

    private static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);

    private static IEnumerable<string[]> Table(string folder, string file) =>
        File.ReadLines(Path.Combine(folder, file)).Skip(1).Select(line => line.Split(','));
}
