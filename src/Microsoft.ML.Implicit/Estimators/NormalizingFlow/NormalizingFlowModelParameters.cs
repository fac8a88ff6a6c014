using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Layers.Flow;
using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Persistence;
using Microsoft.ML.Implicit.Solvers;
using Microsoft.ML.Implicit.Solvers.Ode;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>A trained density over feature vectors, in the features' own units. Safe to use from several threads at once.</summary>
public sealed class NormalizingFlowModelParameters : IDisposable
{
    // Below this float32 rounding would swamp the tolerance.
    private const double SmallestSingleTolerance = 1e-5;

    // The solver bounds the root mean square of local errors, which the worst row of a batch exceeds.
    private const double SolverShareOfTolerance = 0.1;
    private const int RowsAtOnce = 2048;

    private readonly DensityNetwork _network;
    private readonly Device _device;
    private readonly Lazy<DensityNetwork> _doubleNetwork;
    private double _tolerance;

    internal NormalizingFlowModelParameters(DensityNetwork network, Device device, double tolerance)
    {
        _network = network;
        _device = device;
        _tolerance = tolerance;
        _doubleNetwork = new Lazy<DensityNetwork>(CreateDoubleNetwork);
    }

    /// <summary>Length of the feature vector.</summary>
    public int FeatureCount => _network.Architecture.FeatureCount;

    /// <summary>Length of the vector that the density is conditioned on, or zero.</summary>
    public int ContextCount => _network.Architecture.ContextCount;

    /// <summary>Number of trained numbers.</summary>
    public long ParameterCount => _network.Flow.parameters().Sum(parameter => parameter.numel());

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

    /// <summary>Negative log density from which on a row counts as an anomaly.</summary>
    public float Threshold { get; internal set; }

    /// <summary>Computes log densities, in nats, of rows in the features' own units.</summary>
    /// <param name="features">Finite features, row by row: [rows, <see cref="FeatureCount"/>].</param>
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
    public double[] LogDensity(IDataView data, string featureColumnName = DefaultColumnNames.Features, string? contextColumnName = null)
    {
        ArgumentNullException.ThrowIfNull(data);
        float[] features = [.. data.GetColumn<float[]>(featureColumnName).SelectMany(row => row)];
        float[] context = contextColumnName is null ? [] : [.. data.GetColumn<float[]>(contextColumnName).SelectMany(row => row)];
        double[] logDensities = new double[features.Length / FeatureCount];
        LogDensity(features, logDensities, context);
        return logDensities;
    }

    /// <summary>Maps rows to latent vectors, which are standard normal if the model is right.</summary>
    /// <param name="features">Finite features, row by row: [rows, <see cref="FeatureCount"/>].</param>
    /// <param name="latent">Receives [rows, <see cref="FeatureCount"/>], or empty.</param>
    /// <param name="logDensities">Receives [rows], or empty.</param>
    /// <param name="context">What the density is conditioned on, row by row: [rows, <see cref="ContextCount"/>].</param>
    /// <exception cref="ArgumentException">The lengths do not fit.</exception>
    /// <exception cref="SolveFailedException">A row could not be solved.</exception>
    public void Encode(ReadOnlySpan<float> features, Span<float> latent, Span<double> logDensities = default, ReadOnlySpan<float> context = default)
    {
        int rows = CountRows(features, context);
        CheckLength(latent.Length, (long)rows * FeatureCount, nameof(latent));
        CheckLength(logDensities.Length, rows, nameof(logDensities));
        using IDisposable noGradient = no_grad();
        for (int first = 0; first < rows; first += RowsAtOnce)
        {
            using DisposeScope scope = NewDisposeScope();
            int count = Math.Min(RowsAtOnce, rows - first);
            FlowEncoding encoding = Network.Encode(Rows(features, first, count, FeatureCount), Context(context, first, count), Solver);
            if (!latent.IsEmpty)
            {
                encoding.Latent.to(ScalarType.Float32).cpu().contiguous().data<float>().CopyTo(latent.Slice(first * FeatureCount, count * FeatureCount));
            }

            if (!logDensities.IsEmpty)
            {
                encoding.LogDensity.cpu().data<double>().CopyTo(logDensities.Slice(first, count));
            }
        }
    }

    /// <summary>Maps latent vectors to rows: the inverse of <see cref="Encode"/>.</summary>
    /// <param name="latent">Latent vectors, row by row: [rows, <see cref="FeatureCount"/>].</param>
    /// <param name="features">Receives [rows, <see cref="FeatureCount"/>].</param>
    /// <param name="context">What the density is conditioned on, row by row: [rows, <see cref="ContextCount"/>].</param>
    /// <exception cref="ArgumentException">The lengths do not fit.</exception>
    /// <exception cref="SolveFailedException">A row could not be solved.</exception>
    public void Decode(ReadOnlySpan<float> latent, Span<float> features, ReadOnlySpan<float> context = default)
    {
        int rows = CountRows(latent, context);
        CheckLength(features.Length, (long)rows * FeatureCount, nameof(features));
        using IDisposable noGradient = no_grad();
        for (int first = 0; first < rows; first += RowsAtOnce)
        {
            using DisposeScope scope = NewDisposeScope();
            int count = Math.Min(RowsAtOnce, rows - first);
            Tensor decoded = Network.Decode(Rows(latent, first, count, FeatureCount), Context(context, first, count), Solver);
            decoded.to(ScalarType.Float32).cpu().contiguous().data<float>().CopyTo(features.Slice(first * FeatureCount, count * FeatureCount));
        }
    }

    /// <summary>Draws rows from an unconditional density.</summary>
    /// <param name="count">Number of rows.</param>
    /// <param name="seed">The same seed gives the same rows.</param>
    /// <returns>[count, <see cref="FeatureCount"/>], row by row.</returns>
    /// <exception cref="InvalidOperationException">The density is conditional: use <see cref="ConditionalSample"/>.</exception>
    public float[] Sample(int count, int seed) => ContextCount == 0
        ? Draw(count, seed, default)
        : throw new InvalidOperationException($"This density is conditional: use {nameof(ConditionalSample)}.");

    /// <summary>Draws rows of a conditional density for one context.</summary>
    /// <param name="context">What the density is conditioned on: [<see cref="ContextCount"/>].</param>
    /// <param name="count">Number of rows.</param>
    /// <param name="seed">The same seed gives the same rows.</param>
    /// <returns>[count, <see cref="FeatureCount"/>], row by row.</returns>
    /// <exception cref="ArgumentException">The context's length does not fit.</exception>
    public float[] ConditionalSample(ReadOnlySpan<float> context, int count, int seed)
    {
        if (ContextCount == 0 || context.Length != ContextCount)
        {
            throw new ArgumentException($"The context has {context.Length} values; the density is conditioned on {ContextCount}.", nameof(context));
        }

        return Draw(count, seed, context);
    }

    /// <summary>Quantiles of each feature under the density, from samples.</summary>
    /// <param name="probabilities">Probabilities, each from 0 to 1.</param>
    /// <param name="sampleCount">Number of samples to take them from.</param>
    /// <param name="seed">Seed of the samples.</param>
    /// <param name="context">What the density is conditioned on: [<see cref="ContextCount"/>].</param>
    /// <returns>[<see cref="FeatureCount"/>, probabilities].</returns>
    /// <exception cref="ArgumentException">A probability is out of range, or the context's length does not fit.</exception>
    public float[,] MarginalQuantiles(ReadOnlySpan<double> probabilities, int sampleCount = 10_000, int seed = 0, ReadOnlySpan<float> context = default)
    {
        foreach (double probability in probabilities)
        {
            if (probability is not (>= 0 and <= 1))
            {
                throw new ArgumentOutOfRangeException(nameof(probabilities), probability, "Probabilities must lie between 0 and 1.");
            }
        }

        float[] samples = ContextCount == 0 ? Sample(sampleCount, seed) : ConditionalSample(context, sampleCount, seed);
        float[,] quantiles = new float[FeatureCount, probabilities.Length];
        float[] column = new float[sampleCount];
        for (int feature = 0; feature < FeatureCount; feature++)
        {
            for (int row = 0; row < sampleCount; row++)
            {
                column[row] = samples[row * FeatureCount + feature];
            }

            Array.Sort(column);
            for (int i = 0; i < probabilities.Length; i++)
            {
                double position = probabilities[i] * (sampleCount - 1);
                int below = (int)position;
                float above = column[Math.Min(below + 1, sampleCount - 1)];
                quantiles[feature, i] = (float)(column[below] + (position - below) * (above - column[below]));
            }
        }

        return quantiles;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _network.Dispose();
        if (_doubleNetwork.IsValueCreated)
        {
            _doubleNetwork.Value.Dispose();
        }
    }

    internal void Write(BinaryWriter writer)
    {
        _network.Architecture.Write(writer);
        writer.Write(_tolerance);
        writer.Write(Threshold);
        ModuleState.Write(writer, _network);
    }

    internal static NormalizingFlowModelParameters Read(BinaryReader reader)
    {
        NativeBackend.EnsureLoaded();
        NormalizingFlowArchitecture architecture = NormalizingFlowArchitecture.Read(reader);
        double tolerance = reader.ReadDouble();
        float threshold = reader.ReadSingle();
        if (tolerance is not (> 0 and < 1) || float.IsNaN(threshold))
        {
            throw new FormatException("The model file holds an impossible tolerance or threshold.");
        }

        DensityNetwork network = Create(architecture, target => ModuleState.Read(reader, target));
        return new NormalizingFlowModelParameters(network, CPU, tolerance) { Threshold = threshold };
    }

    /// <summary>A model with the same parameters and another threshold, which shares nothing with this one.</summary>
    internal NormalizingFlowModelParameters WithThreshold(float threshold) =>
        new(Create(_network.Architecture, CopyStateTo, _device), _device, _tolerance) { Threshold = threshold };

    private static DensityNetwork Create(NormalizingFlowArchitecture architecture, Action<DensityNetwork> fill, Device? device = null, ScalarType type = ScalarType.Float32)
    {
        using DisposeScope scope = NewDisposeScope();
        using var generator = new Generator(0, CPU);
        var network = new DensityNetwork(architecture, new FlowOptions(), generator);
        try
        {
            network.Flow.to(type);
            network.to(device ?? CPU);
            fill(network);
            network.Freeze();
            return network;
        }
        catch
        {
            network.Dispose();
            throw;
        }
    }

    private DensityNetwork Network => _tolerance < SmallestSingleTolerance ? _doubleNetwork.Value : _network;

    private OdeOptions Solver => new() { StepControl = new PiStepControl { RelativeTolerance = SolverShareOfTolerance * _tolerance, AbsoluteTolerance = SolverShareOfTolerance * _tolerance } };

    private DensityNetwork CreateDoubleNetwork() => Create(_network.Architecture, CopyStateTo, _device, ScalarType.Float64);

    private void CopyStateTo(DensityNetwork target)
    {
        using IDisposable noGradient = no_grad();
        Dictionary<string, Tensor> source = _network.state_dict();
        foreach ((string name, Tensor value) in target.state_dict())
        {
            value.copy_(source[name]);
        }
    }

    private float[] Draw(int count, int seed, ReadOnlySpan<float> context)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        float[] latent = new float[count * FeatureCount];
        using (var generator = new Generator((ulong)seed, CPU))
        using (Tensor noise = randn(latent.Length, generator: generator))
        {
            noise.data<float>().CopyTo(latent);
        }

        float[] contexts = new float[count * ContextCount];
        for (int row = 0; row < count && ContextCount > 0; row++)
        {
            context.CopyTo(contexts.AsSpan(row * ContextCount));
        }

        float[] features = new float[latent.Length];
        Decode(latent, features, contexts);
        return features;
    }

    private Tensor Rows(ReadOnlySpan<float> values, int first, int count, int width) =>
        tensor(values.Slice(first * width, count * width).ToArray(), [count, width], device: _device);

    private Tensor? Context(ReadOnlySpan<float> context, int first, int count) => ContextCount == 0 ? null : Rows(context, first, count, ContextCount);

    private int CountRows(ReadOnlySpan<float> features, ReadOnlySpan<float> context)
    {
        int rows = features.Length / FeatureCount;
        if (features.Length != rows * FeatureCount)
        {
            throw new ArgumentException($"{features.Length} values are no whole number of rows of {FeatureCount}.", nameof(features));
        }

        return context.Length == rows * ContextCount
            ? rows
            : throw new ArgumentException($"The context has {context.Length} values; {rows} rows need {(long)rows * ContextCount}.", nameof(context));
    }

    private static void CheckLength(int length, long expected, string name)
    {
        if (length != 0 && length != expected)
        {
            throw new ArgumentException($"The span has length {length}; {expected} is needed.", name);
        }
    }
}
