using System.Globalization;
using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Data;
using Microsoft.ML.Implicit.Layers.Flow;
using Microsoft.ML.Implicit.Persistence;
using Microsoft.ML.Implicit.Solvers;
using Microsoft.ML.Runtime;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>A trained density over feature vectors, in the features' own units. Safe to use from several threads at once.</summary>
/// <remarks>
/// Where features were marked as angles or unit vectors (<see cref="NormalizingFlowOptions.ManifoldFeatures"/>), latent vectors
/// have an angle or unit vector in the same slots, uniformly distributed if the model is right, and methods that take rows
/// throw an <see cref="ArgumentException"/> which names a row with an angle out of range or a vector of another length.
/// <para>
/// Methods that take rows give NaN for one with a value that is not finite. Finite rows may lie anywhere: far from all training rows
/// densities fall as those of a normal distribution do, also where it is the context that lies there, and latent vectors and features that
/// a Single cannot hold become the largest that it can.
/// </para>
/// </remarks>
public sealed partial class NormalizingFlowModelParameters : ImplicitModelParameters
{
    private const string DefaultLatent = "Latent";

    // Many more than training chooses; samples take a normal number for each.
    private const int MaximumDegreesOfFreedom = 1000;

    private readonly IHost _host;
    private readonly DensityEvaluator _evaluator;
    private double _tolerance;

    internal NormalizingFlowModelParameters(IHost host, DensityEvaluator evaluator, double tolerance, AnomalyScorer scorer)
    {
        (_host, _evaluator, _tolerance, _scorer) = (host, evaluator, tolerance, scorer);
        _explanation = new Lazy<ScoreExplanation>(() => new ScoreExplanation(this), LazyThreadSafetyMode.PublicationOnly);
    }

    /// <summary>Length of the feature vector.</summary>
    public int FeatureCount => Layout.Count;

    /// <summary>Length of the vector that the density is conditioned on, or zero.</summary>
    public int ContextCount => _evaluator.Network.Architecture.ContextCount;

    /// <inheritdoc/>
    public override long ParameterCount => _evaluator.Network.Flow.parameters().Sum(parameter => parameter.numel());

    /// <summary>Degrees of freedom of Student's t distribution, if that is what held-out rows chose for the base distribution; <see langword="null"/> where it is standard normal.</summary>
    public int? DegreesOfFreedom => _evaluator.Network.Flow.Base.DegreesOfFreedom;

    /// <summary>
    /// Tolerance to which log densities are correct, in nats, as far as solving the differential equation goes; it may be
    /// changed at any time. Below 1e-5 the equation is solved in double precision.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The value does not lie between 0 and 1.</exception>
    public double Tolerance
    {
        get => _tolerance;
        set
        {
            if (value is not (> 0 and < 1))
            {
                throw new ArgumentOutOfRangeException(nameof(value), value, "The tolerance must lie between 0 and 1.");
            }

            _tolerance = value;
        }
    }

    /// <summary>What rows are encoded and decoded with.</summary>
    internal DensityEvaluator Evaluator => _evaluator;

    private protected override IEnumerable<nn.Module> Modules => [_evaluator.Network];

    private protected override FormattableString Description =>
        $"Density of {FeatureCount} features{(ContextCount == 0 ? string.Empty : $", conditioned on {ContextCount} numbers")}: {_evaluator.Network.Architecture.HiddenLayers} hidden layers of width {_evaluator.Network.Architecture.HiddenWidth}, threshold {Threshold:G5}.";

    internal FeatureLayout Layout => _evaluator.Network.Architecture.Layout;

    /// <summary>Computes log densities, in nats, of rows in the features' own units.</summary>
    /// <param name="features">Features, row by row: [rows, <see cref="FeatureCount"/>].</param>
    /// <param name="logDensities">Receives [rows].</param>
    /// <param name="context">What the density is conditioned on, row by row: [rows, <see cref="ContextCount"/>].</param>
    /// <exception cref="ArgumentException">The lengths do not fit.</exception>
    /// <exception cref="SolveFailedException">A row could not be solved.</exception>
    public void LogDensity(ReadOnlySpan<float> features, Span<double> logDensities, ReadOnlySpan<float> context = default) =>
        Encode(features, default, logDensities, context);

    /// <summary>Computes log densities, in nats, of the rows of a data view.</summary>
    /// <param name="data">Rows.</param>
    /// <param name="featureColumnName">Vector of Single.</param>
    /// <param name="contextColumnName">Vector of Single, for conditional densities.</param>
    /// <returns>[rows].</returns>
    /// <exception cref="ArgumentException">A column is missing or has another type than in training.</exception>
    /// <exception cref="InvalidOperationException">A row's vector has another length than its column's type declares.</exception>
    /// <exception cref="SolveFailedException">A row could not be solved.</exception>
    public double[] LogDensity(IDataView data, string featureColumnName = DefaultColumnNames.Features, string? contextColumnName = null)
    {
        ArgumentNullException.ThrowIfNull(data);
        DataViewSchema.Column feature = InputColumns.FindVector(data.Schema, featureColumnName, FeatureCount);
        DataViewSchema.Column[] given = contextColumnName is null ? [] : [InputColumns.FindVector(data.Schema, contextColumnName, ContextCount)];
        float[][] columns = VectorColumns.Read(data, [feature, .. given]);
        (float[] features, float[] context) = (columns[0], given.Length == 0 ? [] : columns[1]);
        double[] logDensities = new double[features.Length / FeatureCount];
        LogDensity(features, logDensities, context);
        return logDensities;
    }

    /// <summary>Maps rows to latent vectors, which are standard normal, or of Student's t distribution (<see cref="DegreesOfFreedom"/>), if the model is right.</summary>
    /// <param name="features">Features, row by row: [rows, <see cref="FeatureCount"/>].</param>
    /// <param name="latent">Receives [rows, <see cref="FeatureCount"/>], or empty.</param>
    /// <param name="logDensities">Receives [rows], or empty.</param>
    /// <param name="context">What the density is conditioned on, row by row: [rows, <see cref="ContextCount"/>].</param>
    /// <exception cref="ArgumentException">The lengths do not fit.</exception>
    /// <exception cref="SolveFailedException">A row could not be solved.</exception>
    public void Encode(ReadOnlySpan<float> features, Span<float> latent, Span<double> logDensities = default, ReadOnlySpan<float> context = default) =>
        _evaluator.Encode(features, latent, logDensities, default, context, _tolerance);

    /// <summary>Adds latent vectors and log densities to a data view. They are computed as the result is read.</summary>
    /// <param name="data">Rows; one with a value that is not finite gets NaN.</param>
    /// <param name="featureColumnName">Vector of Single.</param>
    /// <param name="contextColumnName">Vector of Single, for conditional densities.</param>
    /// <param name="outputColumnName">New column of latent vectors.</param>
    /// <param name="logDensityColumnName">New column of log densities, in nats.</param>
    /// <returns>The rows with two more columns.</returns>
    /// <exception cref="ArgumentException">A column is missing or has another type than in training.</exception>
    public IDataView Encode(
        IDataView data,
        string featureColumnName = DefaultColumnNames.Features,
        string? contextColumnName = null,
        string outputColumnName = DefaultLatent,
        string logDensityColumnName = NormalizingFlowMapper.LogDensity) =>
        Map(data, new LatentColumns(featureColumnName, contextColumnName, outputColumnName, logDensityColumnName));

    /// <summary>Maps latent vectors to rows: the inverse of <see cref="Encode(ReadOnlySpan{float}, Span{float}, Span{double}, ReadOnlySpan{float})"/>.</summary>
    /// <param name="latent">Latent vectors, row by row: [rows, <see cref="FeatureCount"/>].</param>
    /// <param name="features">Receives [rows, <see cref="FeatureCount"/>].</param>
    /// <param name="context">What the density is conditioned on, row by row: [rows, <see cref="ContextCount"/>].</param>
    /// <exception cref="ArgumentException">The lengths do not fit.</exception>
    /// <exception cref="SolveFailedException">A row could not be solved.</exception>
    public void Decode(ReadOnlySpan<float> latent, Span<float> features, ReadOnlySpan<float> context = default) =>
        _evaluator.Decode(latent, features, context, _tolerance);

    /// <summary>Adds the features of latent vectors to a data view. They are computed as the result is read.</summary>
    /// <param name="data">Rows; one with a value that is not finite gets NaN.</param>
    /// <param name="latentColumnName">Vector of Single.</param>
    /// <param name="contextColumnName">Vector of Single, for conditional densities.</param>
    /// <param name="outputColumnName">New column of features.</param>
    /// <returns>The rows with one more column.</returns>
    /// <exception cref="ArgumentException">A column is missing or has another type than in training.</exception>
    public IDataView Decode(
        IDataView data,
        string latentColumnName = DefaultLatent,
        string? contextColumnName = null,
        string outputColumnName = DefaultColumnNames.Features) =>
        Map(data, new LatentColumns(latentColumnName, contextColumnName, outputColumnName, null));

    /// <inheritdoc/>
    public override void Dispose() => _evaluator.Dispose();

    internal override void MoveTo(Device device) => _evaluator.MoveTo(device);

    internal void Write(DocumentWriter writer)
    {
        using DisposalGate.Use use = _evaluator.Hold();
        _evaluator.Network.Architecture.Write(writer.Section("architecture"));
        writer.Write("tolerance", _tolerance);
        _scorer.Write(writer);
        writer.Write("threshold", (double)Threshold);
        Distribution?.Write(writer.Section("score_distribution"));
        writer.Write("degrees_of_freedom", DegreesOfFreedom?.ToString(CultureInfo.InvariantCulture));
        writer.Write("network", _evaluator.Network);
    }

    internal static NormalizingFlowModelParameters Read(IHost host, DocumentReader reader)
    {
        NormalizingFlowArchitecture architecture = NormalizingFlowArchitecture.Read(reader.Section("architecture"));
        double tolerance = reader.Double("tolerance");
        AnomalyScorer scorer = AnomalyScorer.Read(reader, architecture);
        float threshold = reader.Single("threshold");
        if (tolerance is not (> 0 and < 1) || float.IsNaN(threshold))
        {
            throw new FormatException("The model file holds an impossible tolerance or threshold.");
        }

        int? degrees = reader.OptionalText("degrees_of_freedom") is null ? null : reader.Int32("degrees_of_freedom");
        if (degrees is < 1 or > MaximumDegreesOfFreedom)
        {
            throw new FormatException("The model file holds impossible degrees of freedom.");
        }

        // Files of earlier versions have none.
        DocumentReader distribution = reader.Section("score_distribution");
        ScoreDistribution? known = distribution.OptionalTensor("knots") is null ? null : ScoreDistribution.Read(distribution);
        DensityNetwork network = DensityNetwork.Create(
            architecture,
            target =>
            {
                reader.Read("network", target);
                target.CheckState();
                target.Flow.Base = new FlowBase(architecture.Layout.Manifold, degrees);
            },
            CPU);
        return new NormalizingFlowModelParameters(host, new DensityEvaluator(network, CPU), tolerance, scorer) { Threshold = threshold, Distribution = known };
    }

    /// <summary>A model with the same parameters and another threshold, which shares nothing with this one.</summary>
    internal NormalizingFlowModelParameters WithThreshold(float threshold) =>
        new(_host, _evaluator.Copy(), _tolerance, _scorer) { Threshold = threshold, Distribution = Distribution, Training = Training };

    private BatchedDataView Map(IDataView data, LatentColumns columns)
    {
        ArgumentNullException.ThrowIfNull(data);
        return new BatchedDataView(data, new LatentMapper(this, columns));
    }
}
