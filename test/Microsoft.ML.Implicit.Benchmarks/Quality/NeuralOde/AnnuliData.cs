using Microsoft.ML.Data;

namespace Microsoft.ML.Implicit.Benchmarks.Quality.NeuralOde;

/// <summary>
/// Points of a ball of radius 0.5 and of the shell from 1 to 1.5 around it, which no flow of the plane or the space itself tells apart (Dupont, Doucet and
/// Teh, "Augmented Neural ODEs", 2019).
/// </summary>
internal static class AnnuliData
{
    private const double BallRadius = 0.5;
    private const double InnerRadius = 1;
    private const double OuterRadius = 1.5;

    /// <param name="ml">The context.</param>
    /// <param name="dimension">Coordinates of a point.</param>
    /// <param name="rows">Number of points, half of them in the ball.</param>
    /// <param name="seed">Seed of the points.</param>
    public static IDataView Create(MLContext ml, int dimension, int rows, int seed)
    {
        var random = new Random(seed);
        SchemaDefinition schema = SchemaDefinition.Create(typeof(Point));
        schema[nameof(Point.Features)].ColumnType = new VectorDataViewType(NumberDataViewType.Single, dimension);
        return ml.Data.LoadFromEnumerable(Enumerable.Range(0, rows).Select(row => Draw(random, dimension, row % 2 == 0)).ToArray(), schema);
    }

    private static Point Draw(Random random, int dimension, bool isInside)
    {
        double[] direction = [.. Enumerable.Range(0, dimension).Select(_ => MathNet.Numerics.Distributions.Normal.Sample(random, 0, 1))];
        double length = Math.Sqrt(direction.Sum(x => x * x));
        (double from, double to) = isInside ? (0, BallRadius) : (InnerRadius, OuterRadius);

        // Uniform in volume.
        double least = Math.Pow(from, dimension), most = Math.Pow(to, dimension);
        double radius = Math.Pow(least + (random.NextDouble() * (most - least)), 1.0 / dimension);
        return new Point { Features = Array.ConvertAll(direction, x => (float)(x / length * radius)), Label = isInside };
    }

    private sealed class Point
    {
        public float[] Features { get; set; } = [];

        public bool Label { get; set; }
    }
}
