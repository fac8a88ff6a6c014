using System.Numerics.Tensors;
using Microsoft.ML.Implicit.Persistence;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Anomaly scores of encoded rows.</summary>
/// <param name="Scoring">What makes a row an anomaly.</param>
/// <param name="Distance">Distance to training rows, for <see cref="AnomalyScoring.DensityAndDistance"/> alone.</param>
internal sealed partial record AnomalyScorer(AnomalyScoring Scoring, NeighbourDistance? Distance)
{
    /// <summary>Turns log densities into scores.</summary>
    /// <param name="scores">Mean squares of rows where the scoring is polar, otherwise of no meaning; receives the scores: [rows].</param>
    /// <param name="logDensities">[rows].</param>
    /// <param name="features">[rows, features].</param>
    /// <param name="context">[rows, context].</param>
    public void Score(Span<double> scores, ReadOnlySpan<double> logDensities, ReadOnlySpan<float> features, ReadOnlySpan<float> context)
    {
        if (Scoring != AnomalyScoring.PolarLogDensity)
        {
            TensorPrimitives.Negate(logDensities, scores);
            Distance?.AddTo(scores, features, context);
            return;
        }

        int dimension = features.Length / scores.Length;
        for (int row = 0; row < scores.Length; row++)
        {
            scores[row] = PolarScore.Of(logDensities[row], scores[row], dimension);
        }
    }

    public void Write(DocumentWriter writer)
    {
        writer.Write("scoring", Scoring);
        Distance?.Write(writer.Section("distance"));
    }

    /// <exception cref="FormatException">The scoring is none for such features, or a number is impossible.</exception>
    public static AnomalyScorer Read(DocumentReader reader, NormalizingFlowArchitecture architecture)
    {
        AnomalyScoring scoring = reader.Enum<AnomalyScoring>("scoring");
        return scoring == AnomalyScoring.PolarLogDensity && architecture.Layout.Spheres.Count > 0
            ? throw new FormatException("The model file has a polar score of angles or unit vectors.")
            : new AnomalyScorer(scoring, scoring == AnomalyScoring.DensityAndDistance ? NeighbourDistance.Read(reader.Section("distance"), architecture.Layout, architecture.ContextCount) : null);
    }
}
