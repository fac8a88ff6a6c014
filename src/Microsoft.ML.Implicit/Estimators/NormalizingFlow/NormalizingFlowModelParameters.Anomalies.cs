using Microsoft.ML.Implicit.Solvers;

namespace Microsoft.ML.Implicit.Estimators;

/// <content>Anomaly scores.</content>
public sealed partial class NormalizingFlowModelParameters
{
    private readonly AnomalyScorer _scorer;

    /// <summary>What makes a row an anomaly.</summary>
    public AnomalyScoring Scoring => _scorer.Scoring;

    /// <summary>Score from which on a row counts as an anomaly.</summary>
    public float Threshold { get; internal set; }

    /// <summary>How scores of training rows are distributed; <see langword="null"/> in models of files that do not say.</summary>
    internal ScoreDistribution? Distribution { get; set; }

    /// <summary>Computes log densities, in nats, and anomaly scores of rows.</summary>
    /// <param name="features">Features, row by row: [rows, <see cref="FeatureCount"/>].</param>
    /// <param name="logDensities">Receives [rows].</param>
    /// <param name="scores">Receives [rows].</param>
    /// <param name="context">What the density is conditioned on, row by row: [rows, <see cref="ContextCount"/>].</param>
    internal void Score(ReadOnlySpan<float> features, Span<double> logDensities, Span<double> scores, ReadOnlySpan<float> context)
    {
        Span<double> meanSquares = Scoring == AnomalyScoring.PolarLogDensity ? scores : default;
        _evaluator.Encode(features, default, logDensities, meanSquares, context, _tolerance);
        _scorer.Score(scores, logDensities, features, context);
    }

    /// <summary>The share of training rows whose score is at most the given one; see <see cref="ScoreDistribution"/>.</summary>
    internal float ScoreQuantile(double score) => Distribution is null ? float.NaN : (float)Distribution.ShareUpTo(score);
}
