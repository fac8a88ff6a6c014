using System.Diagnostics.CodeAnalysis;
using System.Numerics;
using Microsoft.ML.Implicit.Data;
using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Solvers.Ode;
using TorchSharp;
using static TorchSharp.torch;
using TensorPrimitives = System.Numerics.Tensors.TensorPrimitives;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Encodes and decodes rows with a frozen network to a tolerance that may change. Safe to use from several threads at once.</summary>
/// <remarks>A row with a value that is not finite, in its features, latent vector or context, gives NaN and changes no other.</remarks>
internal sealed partial class DensityEvaluator : IDisposable
{
    // Below this float32 rounding would swamp the tolerance.
    private const double SmallestSingleTolerance = 1e-5;

    // The solver bounds the root mean square of local errors, which the worst row of a batch exceeds.
    private const double SolverShareOfTolerance = 0.1;

    /// <summary>Largest number of rows that are solved together.</summary>
    public const int RowsAtOnce = 1024;

    private static readonly PiStepControl StepControl = new();
    private static readonly OdeOptions Options = new() { StepControl = StepControl };

    private readonly DensityNetwork _network;
    private readonly DisposalGate _gate = new();
    private Device _device;
    private Lazy<DensityNetwork> _doubleNetwork;
    private ManagedDensity? _managed;

    public DensityEvaluator(DensityNetwork network, Device device)
    {
        _network = network;
        Place(device);
    }

    /// <summary>The network in single precision.</summary>
    public DensityNetwork Network => _network;

    /// <summary>An evaluator of the same state that shares nothing with this one.</summary>
    /// <exception cref="ObjectDisposedException">The model was disposed of.</exception>
    public DensityEvaluator Copy()
    {
        using DisposalGate.Use use = _gate.Enter();
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
        using DisposalGate.Use use = _gate.Enter();
        int rows = CountRows(features, context, nameof(features));
        CheckLength(latent.Length, features.Length, nameof(latent));
        CheckLength(logDensities.Length, rows, nameof(logDensities));
        CheckLength(meanSquares.Length, rows, nameof(meanSquares));
        bool isEncoded = _managed is not null && tolerance >= SmallestSingleTolerance
            && _managed.TryEncode(features, latent, logDensities, meanSquares, context, SolverShareOfTolerance * tolerance);
        if (!isEncoded)
        {
            EncodeByTensors(features, latent, logDensities, meanSquares, context, tolerance);
        }
    }

    /// <summary>The same by tensor operations, as on other devices than the CPU; it says which row could not be solved, and why.</summary>
    /// <inheritdoc cref="Encode(ReadOnlySpan{float}, Span{float}, Span{double}, Span{double}, ReadOnlySpan{float}, double)"/>
    public void EncodeByTensors(ReadOnlySpan<float> features, Span<float> latent, Span<double> logDensities, Span<double> meanSquares, ReadOnlySpan<float> context, double tolerance)
    {
        int rows = features.Length / FeatureCount;
        using IDisposable noGradient = no_grad();
        for (int first = 0; first < rows; first += RowsAtOnce)
        {
            using DisposeScope scope = NewDisposeScope();
            int count = Math.Min(RowsAtOnce, rows - first);
            int[] finite = FindFinite(features, context, first, count);
            DensityEncoding? encoding = finite.Length == 0
                ? null
                : NetworkFor(tolerance).Encode(Gather(features, finite, FeatureCount), GatherContext(context, finite), Solver(tolerance));
            Write(encoding is null || latent.IsEmpty ? [] : Singles(encoding.Latent), finite, Slice(latent, first, count, FeatureCount), first, FeatureCount);
            Write(encoding is null ? [] : [.. encoding.LogDensity.cpu().data<double>()], finite, Slice(logDensities, first, count, 1), first, 1);
            Write(encoding is null || meanSquares.IsEmpty ? [] : [.. encoding.Points.Squared().mean([1]).cpu().data<double>()], finite, Slice(meanSquares, first, count, 1), first, 1);
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
        using DisposalGate.Use use = _gate.Enter();
        int rows = CountRows(latent, context, nameof(latent));
        CheckLength(features.Length, latent.Length, nameof(features));
        using IDisposable noGradient = no_grad();
        for (int first = 0; first < rows; first += RowsAtOnce)
        {
            using DisposeScope scope = NewDisposeScope();
            int count = Math.Min(RowsAtOnce, rows - first);
            int[] finite = FindFinite(latent, context, first, count);
            float[] decoded = finite.Length == 0
                ? []
                : Singles(NetworkFor(tolerance).Decode(Gather(latent, finite, FeatureCount), GatherContext(context, finite), Solver(tolerance)));
            Write(decoded, finite, Slice(features, first, count, FeatureCount), first, FeatureCount);
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
        using DisposalGate.Use use = _gate.Enter();
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        float[] latent;
        using (NewDisposeScope())
        using (var generator = new Generator((ulong)seed, CPU))
        {
            latent = Singles(_network.DrawLatent(count, generator));
        }

        float[] features = new float[latent.Length];
        Decode(latent, features, context, tolerance);
        return features;
    }

    /// <summary>Keeps the model from being disposed of until the result is disposed of.</summary>
    /// <exception cref="ObjectDisposedException">The model was disposed of, perhaps with another transformer that shares it.</exception>
    public DisposalGate.Use Hold() => _gate.Enter();

    /// <summary>Moves the network to another device, when no row is encoded or decoded.</summary>
    /// <exception cref="ObjectDisposedException">The model was disposed of.</exception>
    public void MoveTo(Device device) => _gate.RunAlone(() =>
    {
        DisposeCopies();
        _network.to(device);
        _network.FreezeState();
        Place(device);
    });

    /// <summary>Whether rows are encoded without tensor operations at usual tolerances.</summary>
    public bool IsManaged => _managed is not null;

    public void Dispose()
    {
        _gate.Close(typeof(NormalizingFlowModelParameters));
        _network.Dispose();
        DisposeCopies();
    }

    private int FeatureCount => Layout.Count;

    private int ContextCount => _network.Architecture.ContextCount;

    private FeatureLayout Layout => _network.Architecture.Layout;

    private DensityNetwork NetworkFor(double tolerance) => tolerance < SmallestSingleTolerance ? _doubleNetwork.Value : _network;

    [MemberNotNull(nameof(_device), nameof(_doubleNetwork))]
    private void Place(Device device)
    {
        _device = device;
        _doubleNetwork = new Lazy<DensityNetwork>(() => _network.Copy(device, ScalarType.Float64));
        _managed = _network.CreateManaged(Options);
    }

    private void DisposeCopies()
    {
        _managed?.Dispose();
        if (_doubleNetwork.IsValueCreated)
        {
            _doubleNetwork.Value.Dispose();
        }
    }

    private static OdeOptions Solver(double tolerance) => Options with
    {
        StepControl = StepControl with { RelativeTolerance = SolverShareOfTolerance * tolerance, AbsoluteTolerance = SolverShareOfTolerance * tolerance },
    };

    // Far out, a value that a Single cannot hold becomes the largest that it can.
    private static float[] Singles(Tensor rows) =>
        [.. rows.clamp((-float.MaxValue).Held(), float.MaxValue.Held()).to(ScalarType.Float32).cpu().contiguous().data<float>()];

    private int[] FindFinite(ReadOnlySpan<float> values, ReadOnlySpan<float> context, int first, int count)
    {
        var finite = new List<int>(count);
        for (int row = first; row < first + count; row++)
        {
            if (IsFinite(values, row, FeatureCount) && (ContextCount == 0 || IsFinite(context, row, ContextCount)))
            {
                finite.Add(row);
            }
        }

        return [.. finite];
    }

    private static bool IsFinite(ReadOnlySpan<float> values, int row, int width) => TensorPrimitives.IsFiniteAll(values.Slice(row * width, width));

    private Tensor? GatherContext(ReadOnlySpan<float> context, int[] rows) => ContextCount == 0 ? null : Gather(context, rows, ContextCount);

    private Tensor Gather(ReadOnlySpan<float> values, int[] rows, int width)
    {
        float[] gathered = new float[rows.Length * width];
        for (int i = 0; i < rows.Length; i++)
        {
            values.Slice(rows[i] * width, width).CopyTo(gathered.AsSpan(i * width));
        }

        return NativeTensor.Of(gathered, [rows.Length, width], _device);
    }

    private static Span<T> Slice<T>(Span<T> values, int first, int count, int width) => values.IsEmpty ? values : values.Slice(first * width, count * width);

    // Writes the values of given rows to a slice that begins with a given row, and NaN to its others.
    private static void Write<T>(T[] values, int[] rows, Span<T> slice, int first, int width)
        where T : IFloatingPointIeee754<T>
    {
        slice.Fill(T.NaN);
        for (int i = 0; i < rows.Length && !slice.IsEmpty; i++)
        {
            values.AsSpan(i * width, width).CopyTo(slice[((rows[i] - first) * width)..]);
        }
    }

    /// <summary>The number of rows, if all lengths fit and all finite rows are points of the manifold.</summary>
    /// <exception cref="ArgumentException">They do not.</exception>
    public int CountRows(ReadOnlySpan<float> values, ReadOnlySpan<float> context, string name)
    {
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
            if (IsFinite(values, row, FeatureCount) && Layout.FindFault(values.Slice(row * FeatureCount, FeatureCount)) is { } fault)
            {
                throw new ArgumentException($"Row {row}: {fault}.", name);
            }
        }

        return rows;
    }

    /// <summary>Makes sure that a span that is not empty has the right length.</summary>
    /// <exception cref="ArgumentException">It has not.</exception>
    public static void CheckLength(int length, int expected, string name)
    {
        if (length != 0 && length != expected)
        {
            throw new ArgumentException($"The span has length {length}; {expected} is needed.", name);
        }
    }
}
