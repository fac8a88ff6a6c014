using System.Runtime.InteropServices;
using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Solvers.Sde.Brownian.Cuda;
using Microsoft.ML.Implicit.Solvers.Sde.Brownian.Managed;
using static TorchSharp.torch;
using TensorPrimitives = System.Numerics.Tensors.TensorPrimitives;

namespace Microsoft.ML.Implicit.Solvers.Sde.Brownian;

/// <summary>
/// A Brownian motion for each row of a batch, of several channels, with its space-time Lévy area. It is a function of the rows' seeds: whatever is
/// asked of it, in whatever order and however finely, it is the same path, and it keeps nothing of what it was asked.
/// </summary>
/// <remarks>
/// <para>
/// Values on equal intervals are drawn at once, and those within an interval by halving it, from noise that is a function of the row's seed, the
/// channel and the cell (Jelinčič, Foster, Kidger, Single-seed generation of Brownian paths and integrals for adaptive and high order SDE
/// solvers, 2024). A solve with as many fixed steps as there are intervals therefore draws once a step; steps at other places cost some
/// divisions each, up to the limit on halvings.
/// </para>
/// <para>
/// Within a cell of the last level each place has the right law given the cell's ends, so that the law of increments is exact between times no closer than such a
/// cell is long. A row's path depends on its seed alone, not on the other rows, and is the same for any number of channels as far as both have them. A solve on a GPU computes
/// the path there, bit by bit the same.
/// </para>
/// </remarks>
/// <example><code>
/// var path = new BrownianPath(BrownianPath.Seeds(seed: 1, rows: 1024), channels: 2, start: 0, end: 1, intervals: 100);
/// BrownianIncrement increment = path.Increment(0.25, 0.5);      // W and H, each [1024, 2]
/// </code></example>
public sealed class BrownianPath
{
    private readonly BrownianClock _clock;
    private readonly ulong[] _keys;
    private readonly BrownianTree<BrownianArrays> _tree;
    private readonly Lock _lock = new();

    /// <summary>Creates a path.</summary>
    /// <param name="seeds">A seed for each row; rows of equal seeds have the same path.</param>
    /// <param name="channels">Number of independent Brownian motions of a row, at least one.</param>
    /// <param name="start">First time.</param>
    /// <param name="end">Last time, after <paramref name="start"/>.</param>
    /// <param name="intervals">Number of equal intervals that are drawn at once: best the number of fixed steps of a solve. Another number gives another path.</param>
    /// <param name="halvings">How often an interval is halved at most, from 0 to 24.</param>
    /// <exception cref="ArgumentException">There are no seeds, or a number is out of range.</exception>
    public BrownianPath(IReadOnlyList<long> seeds, int channels, double start, double end, int intervals = 1, int halvings = 20)
    {
        ArgumentNullException.ThrowIfNull(seeds);
        ArgumentOutOfRangeException.ThrowIfLessThan(seeds.Count, 1, nameof(seeds));
        ArgumentOutOfRangeException.ThrowIfLessThan(channels, 1);
        SettingRange.Require(double.IsFinite(start), nameof(start), start, "finite");
        SettingRange.Require(double.IsFinite(end - start) && end > start, nameof(end), end, $"finite and after the start, {start}");
        SettingRange.Require(intervals is >= 1 and <= 1 << 24, nameof(intervals), intervals, "from 1 to 16,777,216");
        SettingRange.Require(halvings is >= 0 and <= 24, nameof(halvings), halvings, "from 0 to 24");
        (Rows, Channels, Start, End) = (seeds.Count, channels, start, end);
        _clock = new BrownianClock(start, end, intervals, halvings);
        _keys = new ulong[ManagedBrownian.Pad(checked(Rows * channels))];
        for (int i = 0; i < Rows * channels; i++)
        {
            _keys[i] = NormalGenerator.Combine((ulong)seeds[i / channels], (ulong)(i % channels));
        }

        _tree = new BrownianTree<BrownianArrays>(new ManagedBrownian(_keys), _clock);
    }

    /// <summary>Number of rows.</summary>
    public int Rows { get; }

    /// <summary>Number of channels of a row.</summary>
    public int Channels { get; }

    /// <summary>First time.</summary>
    public double Start { get; }

    /// <summary>Last time.</summary>
    public double End { get; }

    /// <summary>Independent seeds for rows.</summary>
    /// <param name="seed">Seed of all of them.</param>
    /// <param name="rows">Their number.</param>
    /// <returns>A seed for each row, the same whatever the number of rows.</returns>
    public static long[] Seeds(long seed, int rows) => [.. Enumerable.Range(0, rows).Select(row => (long)NormalGenerator.Combine((ulong)seed, (ulong)row))];

    /// <summary>What the path does between two times.</summary>
    /// <param name="from">A time of the path.</param>
    /// <param name="to">A later one.</param>
    /// <param name="type">Type of the result, float32 or float64; it is computed in float64.</param>
    /// <param name="device">Where the result is to be; <see langword="null"/> for the CPU.</param>
    /// <returns>Increment and space-time Lévy area, in the caller's dispose scope.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A time is outside the path, or they are in the wrong order.</exception>
    public BrownianIncrement Increment(double from, double to, ScalarType type = ScalarType.Float64, Device? device = null)
    {
        SettingRange.Require(type is ScalarType.Float32 or ScalarType.Float64, nameof(type), type, "Float32 or Float64");
        NativeBackend.EnsureLoaded();

        // Areas first: increments are drawn with them then.
        Tensor area = ReadArea(from, to, type, device);
        return new BrownianIncrement(ReadIncrement(from, to, type, device), area);
    }

    /// <summary>Opens the path for many questions, such as those of a solve, to be computed on the device where that can be done.</summary>
    /// <param name="type">Type of what is read, float32 or float64.</param>
    /// <param name="device">Where it is to be.</param>
    /// <returns>What the caller disposes.</returns>
    internal IBrownianReader Open(ScalarType type, Device device) =>
        (IBrownianReader?)CudaBrownianReader.TryCreate(_keys.AsSpan(0, Rows * Channels), Channels, _clock, type, device) ?? new BrownianReader(this, type, device);

    /// <summary>The increment alone.</summary>
    internal Tensor ReadIncrement(double from, double to, ScalarType type, Device? device)
    {
        (long first, long last) = _clock.Ticks(from, to);
        lock (_lock)
        {
            return ToTensor(IncrementsBetween(first, last), type, device);
        }
    }

    /// <summary>The space-time Lévy area alone.</summary>
    internal Tensor ReadArea(double from, double to, ScalarType type, Device? device)
    {
        (long first, long last) = _clock.Ticks(from, to);
        lock (_lock)
        {
            return ToTensor(AreasBetween(first, last), type, device);
        }
    }

    /// <summary>The increment alone, row by row.</summary>
    internal void CopyIncrement(double from, double to, Span<float> destination)
    {
        (long first, long last) = _clock.Ticks(from, to);
        lock (_lock)
        {
            TensorPrimitives.ConvertTruncating(IncrementsBetween(first, last), destination);
        }
    }

    /// <summary>The space-time Lévy area alone, row by row.</summary>
    internal void CopyArea(double from, double to, Span<float> destination)
    {
        (long first, long last) = _clock.Ticks(from, to);
        lock (_lock)
        {
            TensorPrimitives.ConvertTruncating(AreasBetween(first, last), destination);
        }
    }

    /// <summary>y + w ((to - from) f + g dW), see <see cref="IBrownianReader.TryMove"/>, on the CPU.</summary>
    internal Tensor Move(double from, double to, Tensor state, Tensor drift, Tensor diffusion, double weight)
    {
        (long first, long last) = _clock.Ticks(from, to);
        lock (_lock)
        {
            BrownianArrays values = _tree.Between(first, last, withAreas: false);
            return ManagedMove.Run(values.W.AsMemory(values.Start, Rows * Channels), state, drift, diffusion, weight * (to - from), weight);
        }
    }

    private ReadOnlySpan<double> IncrementsBetween(long first, long last)
    {
        BrownianArrays values = _tree.Between(first, last, withAreas: false);
        return values.W.AsSpan(values.Start, Rows * Channels);
    }

    private ReadOnlySpan<double> AreasBetween(long first, long last)
    {
        BrownianArrays values = _tree.Between(first, last, withAreas: true);
        return values.H.AsSpan(values.Start, Rows * Channels);
    }

    private Tensor ToTensor(ReadOnlySpan<double> values, ScalarType type, Device? device)
    {
        Tensor result = empty([Rows, Channels], type);
        if (type == ScalarType.Float64)
        {
            values.CopyTo(MemoryMarshal.Cast<byte, double>(result.bytes));
        }
        else
        {
            TensorPrimitives.ConvertTruncating(values, MemoryMarshal.Cast<byte, float>(result.bytes));
        }

        if (device is null || device.type == TorchSharp.DeviceType.CPU)
        {
            return result;
        }

        using (result)
        {
            return result.to(device);
        }
    }
}
