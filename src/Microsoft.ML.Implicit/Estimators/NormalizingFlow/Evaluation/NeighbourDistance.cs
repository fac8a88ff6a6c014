using Microsoft.ML.Implicit.Numerics;
using Microsoft.ML.Implicit.Persistence;
using static TorchSharp.torch;
using TensorPrimitives = System.Numerics.Tensors.TensorPrimitives;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>What <see cref="AnomalyScoring.DensityAndDistance"/> adds to the negative log density: the distance to the second nearest training row, in nats.</summary>
internal sealed partial class NeighbourDistance
{
    /// <summary>Rows that are kept; more would not bring the nearest much nearer.</summary>
    public const int MaximumRows = 4096;

    // Numbers that are kept where rows are long.
    private const int MaximumValues = 1 << 22;

    // How much the distance's deviation counts beside the log density's: docs/results.md says how it was chosen.
    private const double RelativeWeight = 4;

    private readonly StandardisedRows _rows;
    private readonly double _weight;

    private NeighbourDistance(StandardisedRows rows, double weight) => (_rows, _weight) = (rows, weight);

    /// <summary>How many of the given number of training rows are kept.</summary>
    public static int RowsKept(long rows, int width) => (int)Math.Min(rows, Math.Clamp(MaximumValues / width, 1, MaximumRows));

    /// <summary>Weighs distances so that they vary among the rows four times as much as log densities do.</summary>
    /// <param name="layout">Layout of the features.</param>
    /// <param name="features">Training rows, [rows, features].</param>
    /// <param name="context">[rows, context].</param>
    /// <param name="logDensities">Their log densities, [rows].</param>
    public static NeighbourDistance Create(FeatureLayout layout, ReadOnlySpan<float> features, ReadOnlySpan<float> context, ReadOnlySpan<double> logDensities)
    {
        var unweighted = new NeighbourDistance(StandardisedRows.Create(layout, features, context), 1);
        double[] distances = new double[logDensities.Length];
        unweighted.AddTo(distances, features, context);
        double deviation = Deviation(distances);
        return new NeighbourDistance(unweighted._rows, deviation > 0 ? RelativeWeight * Deviation(logDensities) / deviation : 0);
    }

    /// <summary>Adds distances of rows to their scores, in nats.</summary>
    /// <param name="scores">[rows].</param>
    /// <param name="features">[rows, features].</param>
    /// <param name="context">[rows, context].</param>
    public unsafe void AddTo(Span<double> scores, ReadOnlySpan<float> features, ReadOnlySpan<float> context)
    {
        int featureCount = features.Length / scores.Length, contextCount = context.Length / scores.Length;
        double[] distances = new double[scores.Length];
        fixed (float* firstFeature = features, firstContext = context)
        {
            // A lambda cannot use what is fixed.
            float* allFeatures = firstFeature, allContexts = firstContext;
            new TileLoop(distances.Length, get_num_threads(), _rows.Work).Run((_, row) => distances[row] = _rows.Find(
                new ReadOnlySpan<float>(allFeatures + ((long)row * featureCount), featureCount), new ReadOnlySpan<float>(allContexts + ((long)row * contextCount), contextCount)).SecondDistance);
        }

        TensorPrimitives.MultiplyAdd(distances, _weight, scores, scores);
    }

    public void Write(DocumentWriter writer)
    {
        writer.Write("weight", _weight);
        _rows.Write(writer);
    }

    /// <exception cref="FormatException">The numbers are impossible.</exception>
    public static NeighbourDistance Read(DocumentReader reader, FeatureLayout layout, int contextCount)
    {
        double weight = reader.Double("weight");
        return weight is >= 0 and < double.PositiveInfinity
            ? new NeighbourDistance(StandardisedRows.Read(reader, layout, contextCount), weight)
            : throw new FormatException("The model file holds an impossible weight of distances.");
    }

    private static double Deviation(ReadOnlySpan<double> values)
    {
        double mean = TensorPrimitives.Sum(values) / values.Length, squares = 0;
        foreach (double value in values)
        {
            squares += (value - mean) * (value - mean);
        }

        return Math.Sqrt(squares / values.Length);
    }
}
