using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Solvers.Ode;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Encodes and decodes rows with a frozen network to a tolerance that may change. Safe to use from several threads at once.</summary>
internal sealed class DensityEvaluator : IDisposable
{
    // Below this float32 rounding would swamp the tolerance.
    private const double SmallestSingleTolerance = 1e-5;

    // The solver bounds the root mean square of local errors, which the worst row of a batch exceeds.
    private const double SolverShareOfTolerance = 0.1;
    private const int RowsAtOnce = 2048;

    private readonly DensityNetwork _network;
    private readonly Lazy<DensityNetwork> _doubleNetwork;
    private readonly Device _device;
    private volatile bool _isDisposed;

    public DensityEvaluator(DensityNetwork network, Device device)
    {
        _network = network;
        _device = device;
        _doubleNetwork = new Lazy<DensityNetwork>(() => network.Copy(device, ScalarType.Float64));
    }

    /// <summary>The network in single precision.</summary>
    public DensityNetwork Network => _network;

    /// <summary>An evaluator of the same state that shares nothing with this one.</summary>
    /// <exception cref="ObjectDisposedException">The model was disposed of.</exception>
    public DensityEvaluator Copy()
    {
        ThrowIfDisposed();
        return new DensityEvaluator(_network.Copy(_device), _device);
    }

    /// <summary>Maps rows to latent vectors and log densities.</summary>
    /// <param name="features">[rows, features], row by row.</param>
    /// <param name="latent">Receives [rows, features], or empty.</param>
    /// <param name="logDensities">Receives [rows], or empty.</param>
    /// <param name="meanSquares">Receives ‖u‖² / d of rows, whose d features made normal and uncorrelated are u: [rows], or empty.</param>
    /// <param name="context">[rows, context].</param>
    /// <param name="tolerance">Tolerance of log densities, in nats.</param>
    /// <exception cref="ArgumentException">The lengths do not fit, or a row is no point of the manifold.</exception>
    public void Encode(ReadOnlySpan<float> features, Span<float> latent, Span<double> logDensities, Span<double> meanSquares, ReadOnlySpan<float> context, double tolerance)
    {
        int rows = CountRows(features, context, nameof(features));
        CheckLength(latent.Length, features.Length, nameof(latent));
        CheckLength(logDensities.Length, rows, nameof(logDensities));
        CheckLength(meanSquares.Length, rows, nameof(meanSquares));
        using IDisposable noGradient = no_grad();
        for (int first = 0; first < rows; first += RowsAtOnce)
        {
            using DisposeScope scope = NewDisposeScope();
            int count = Math.Min(RowsAtOnce, rows - first);
            DensityEncoding encoding = NetworkFor(tolerance).Encode(Rows(features, first, count, FeatureCount), Context(context, first, count), Solver(tolerance));
            if (!latent.IsEmpty)
            {
                CopyTo(encoding.Latent, latent.Slice(first * FeatureCount, count * FeatureCount));
            }

            if (!logDensities.IsEmpty)
            {
                encoding.LogDensity.cpu().data<double>().CopyTo(logDensities.Slice(first, count));
            }

            if (!meanSquares.IsEmpty)
            {
                encoding.Points.to(ScalarType.Float64).Squared().mean([1]).cpu().data<double>().CopyTo(meanSquares.Slice(first, count));
            }
        }
    }

    /// <summary>Maps latent vectors to rows.</summary>
    /// <param name="latent">[rows, features], row by row.</param>
    /// <param name="features">Receives [rows, features].</param>
    /// <param name="context">[rows, context].</param>
    /// <param name="tolerance">Tolerance of log densities, in nats.</param>
    /// <exception cref="ArgumentException">The lengths do not fit, or a row is no point of the manifold.</exception>
    public void Decode(ReadOnlySpan<float> latent, Span<float> features, ReadOnlySpan<float> context, double tolerance)
    {
        int rows = CountRows(latent, context, nameof(latent));
        CheckLength(features.Length, latent.Length, nameof(features));
        using IDisposable noGradient = no_grad();
        for (int first = 0; first < rows; first += RowsAtOnce)
        {
            using DisposeScope scope = NewDisposeScope();
            int count = Math.Min(RowsAtOnce, rows - first);
            Tensor decoded = NetworkFor(tolerance).Decode(Rows(latent, first, count, FeatureCount), Context(context, first, count), Solver(tolerance));
            CopyTo(decoded, features.Slice(first * FeatureCount, count * FeatureCount));
        }
    }

    /// <summary>Draws one row for each context.</summary>
    /// <param name="count">Number of rows.</param>
    /// <param name="seed">Seed of the noise.</param>
    /// <param name="context">[count, context].</param>
    /// <param name="tolerance">Tolerance of log densities, in nats.</param>
    /// <returns>[count, features], row by row.</returns>
    public float[] Draw(int count, int seed, ReadOnlySpan<float> context, double tolerance)
    {
        ThrowIfDisposed();
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        float[] latent = new float[count * FeatureCount];
        using (NewDisposeScope())
        using (var generator = new Generator((ulong)seed, CPU))
        {
            CopyTo(_network.DrawLatent(count, generator), latent);
        }

        float[] features = new float[latent.Length];
        Decode(latent, features, context, tolerance);
        return features;
    }

    /// <exception cref="ObjectDisposedException">The model was disposed of, perhaps with another transformer that shares it.</exception>
    public void ThrowIfDisposed() => ObjectDisposedException.ThrowIf(_isDisposed, typeof(NormalizingFlowModelParameters));

    public void Dispose()
    {
        _isDisposed = true;
        _network.Dispose();
        if (_doubleNetwork.IsValueCreated)
        {
            _doubleNetwork.Value.Dispose();
        }
    }

    private int FeatureCount => Layout.Count;

    private int ContextCount => _network.Architecture.ContextCount;

    private FeatureLayout Layout => _network.Architecture.Layout;

    private DensityNetwork NetworkFor(double tolerance) => tolerance < SmallestSingleTolerance ? _doubleNetwork.Value : _network;

    private static OdeOptions Solver(double tolerance) => new()
    {
        StepControl = new PiStepControl { RelativeTolerance = SolverShareOfTolerance * tolerance, AbsoluteTolerance = SolverShareOfTolerance * tolerance },
    };

    private static void CopyTo(Tensor rows, Span<float> destination) => rows.to(ScalarType.Float32).cpu().contiguous().data<float>().CopyTo(destination);

    private Tensor Rows(ReadOnlySpan<float> values, int first, int count, int width) =>
        tensor(values.Slice(first * width, count * width).ToArray(), [count, width], device: _device);

    private Tensor? Context(ReadOnlySpan<float> context, int first, int count) => ContextCount == 0 ? null : Rows(context, first, count, ContextCount);

    private int CountRows(ReadOnlySpan<float> values, ReadOnlySpan<float> context, string name)
    {
        ThrowIfDisposed();
        int rows = values.Length / FeatureCount;
        if (values.Length != rows * FeatureCount)
        {
            throw new ArgumentException($"{values.Length} values are no whole number of rows of {FeatureCount}.", name);
        }

        if (context.Length != rows * ContextCount)
        {
            throw new ArgumentException($"The context has {context.Length} values; {rows} rows need {(long)rows * ContextCount}.", nameof(context));
        }

        for (int row = 0; row < rows && Layout.Spheres.Count > 0; row++)
        {
            if (Layout.FindFault(values.Slice(row * FeatureCount, FeatureCount)) is { } fault)
            {
                throw new ArgumentException($"Row {row}: {fault}.", name);
            }
        }

        return rows;
    }

    private static void CheckLength(int length, int expected, string name)
    {
        if (length != 0 && length != expected)
        {
            throw new ArgumentException($"The span has length {length}; {expected} is needed.", name);
        }
    }
}
