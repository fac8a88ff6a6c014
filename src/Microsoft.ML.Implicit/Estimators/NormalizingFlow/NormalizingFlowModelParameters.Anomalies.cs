using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Data;
using Microsoft.ML.Implicit.Solvers;

namespace Microsoft.ML.Implicit.Estimators;

/// <content>Anomaly scores.</content>
public sealed partial class NormalizingFlowModelParameters
{
    private readonly AnomalyScorer _scorer;
    private readonly Lazy<ScoreExplanation> _explanation;

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

    /// <summary>
    /// Says why rows score what they do: divides what each scores beyond a typical row like it among its features. Contributions are in nats, positive where
    /// a feature makes the row more anomalous, and sum to the row's score less the typical row's.
    /// </summary>
    /// <param name="features">Features, row by row: [rows, <see cref="FeatureCount"/>].</param>
    /// <param name="contributions">Receives [rows, <see cref="FeatureCount"/>].</param>
    /// <param name="typicalRows">Receives what the rows are compared with, [rows, <see cref="FeatureCount"/>], or empty.</param>
    /// <param name="context">What the density is conditioned on, row by row: [rows, <see cref="ContextCount"/>].</param>
    /// <remarks>
    /// The typical row is the nearest of the lower-scoring half of samples that the model draws, given the row's context. Contributions are Shapley values of
    /// its features taking the row's values one after the other (Lundberg and Lee, A unified approach to interpreting model predictions, 2017), mean of eight
    /// orders; the slots of a unit vector take theirs together and have equal shares. A row is scored eight times its number of features.
    /// </remarks>
    /// <exception cref="ArgumentException">The lengths do not fit, or a row is no point of the manifold.</exception>
    /// <exception cref="SolveFailedException">A row could not be solved.</exception>
    public void ExplainScores(ReadOnlySpan<float> features, Span<float> contributions, Span<float> typicalRows = default, ReadOnlySpan<float> context = default)
    {
        int rows = _evaluator.CountRows(features, context, nameof(features));
        DensityEvaluator.CheckLength(typicalRows.Length, features.Length, nameof(typicalRows));
        if (contributions.Length != features.Length)
        {
            throw new ArgumentException($"The span has length {contributions.Length}; {features.Length} is needed.", nameof(contributions));
        }

        float[] unwanted = typicalRows.IsEmpty ? new float[FeatureCount] : [];
        for (int row = 0; row < rows; row++)
        {
            Range slots = (row * FeatureCount)..((row + 1) * FeatureCount);
            ReadOnlySpan<float> own = context.Slice(row * ContextCount, ContextCount);
            _explanation.Value.Explain(features[slots], own, contributions[slots], typicalRows.IsEmpty ? unwanted : typicalRows[slots]);
        }
    }

    /// <summary>Adds to a data view what each feature contributes to a row's score, and the typical row that it is compared with. They are computed as the result is read.</summary>
    /// <param name="data">Rows; one with a value that is not finite gets NaN.</param>
    /// <param name="featureColumnName">Vector of Single.</param>
    /// <param name="contextColumnName">Vector of Single, for conditional densities.</param>
    /// <param name="contributionColumnName">New column of contributions, in nats: vector of Single, with the slot names of the features.</param>
    /// <param name="typicalRowColumnName">New column of typical rows: vector of Single.</param>
    /// <returns>The rows with two more columns.</returns>
    /// <inheritdoc cref="ExplainScores(ReadOnlySpan{float}, Span{float}, Span{float}, ReadOnlySpan{float})" path="/remarks"/>
    /// <exception cref="ArgumentException">A column is missing or has another type than in training.</exception>
    public IDataView ExplainScores(
        IDataView data,
        string featureColumnName = DefaultColumnNames.Features,
        string? contextColumnName = null,
        string contributionColumnName = "FeatureContributions",
        string typicalRowColumnName = "TypicalRow")
    {
        ArgumentNullException.ThrowIfNull(data);
        return new BatchedDataView(data, new ExplanationMapper(this, new ExplanationColumns(featureColumnName, contextColumnName, contributionColumnName, typicalRowColumnName)));
    }
}
