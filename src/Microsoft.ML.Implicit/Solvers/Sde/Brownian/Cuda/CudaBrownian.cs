using Microsoft.ML.Implicit.Native;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Sde.Brownian.Cuda;

/// <summary>Arithmetic on the values of a path on a GPU, each operation one kernel.</summary>
internal sealed class CudaBrownian : IBrownianArithmetic<BrownianTensors>, IDisposable
{
    /// <summary>Threads of a block.</summary>
    public const int Threads = 256;

    // Enough for all multiprocessors, in 32 MiB.
    private const int NumbersAtOnce = 1 << 21;

    private readonly BrownianKernels _kernels;
    private readonly Device _device;
    private readonly int _count;
    private readonly Tensor _keys;
    private readonly List<Tensor> _tensors = [];

    /// <param name="keys">A key for each row and channel.</param>
    /// <param name="kernels">The device's kernels.</param>
    /// <param name="device">The device.</param>
    public CudaBrownian(ReadOnlySpan<ulong> keys, BrownianKernels kernels, Device device)
    {
        (_kernels, _device, _count) = (kernels, device, keys.Length);
        _keys = Keep(NativeTensor.Of(Array.ConvertAll(keys.ToArray(), key => (long)key), [_count], device));
    }

    public int IntervalsAtOnce => Math.Max(1, NumbersAtOnce / _count);

    private int Blocks => BlocksOf(_count);

    /// <summary>Blocks that have a thread for each of some numbers.</summary>
    public static int BlocksOf(long numbers) => checked((int)((numbers + Threads - 1) / Threads));

    public BrownianTensors Create(int intervals)
    {
        long numbers = (long)intervals * _count;
        return new BrownianTensors(Keep(empty(numbers, ScalarType.Float64, _device)), Keep(empty(numbers, ScalarType.Float64, _device)), 0);
    }

    public BrownianTensors Part(BrownianTensors values, int index) => values with { Start = values.Start + ((long)index * _count) };

    public void Draw(BrownianTensors values, long first, int count, double duration, bool withAreas) => _kernels.Draw!.Launch(
        BlocksOf((long)count * _count), Threads, _keys, _count, values.W, values.H, values.Start, first, count, Math.Sqrt(duration), Math.Sqrt(duration / 12), withAreas ? 1 : 0);

    public void Divide(BrownianTensors whole, ulong counter, BridgeWeights weights, BrownianTensors left, BrownianTensors right) => _kernels.Divide.Launch(
        Blocks, Threads, _keys, _count, counter, whole.W, whole.H, whole.Start, left.W, left.H, left.Start, right.W, right.H, right.Start,
        weights.Theta, weights.Area, weights.Increment, -weights.Left, weights.LeftArea, -weights.Right, -weights.RightArea);

    public void Copy(BrownianTensors source, BrownianTensors target) =>
        _kernels.Copy.Launch(Blocks, Threads, _count, source.W, source.H, source.Start, target.W, target.H, target.Start);

    public void Append(BrownianTensors values, BrownianTensors next, double duration, double nextDuration)
    {
        double whole = duration + nextDuration;
        _kernels.Append.Launch(Blocks, Threads, _count, values.W, values.H, values.Start, next.W, next.H, next.Start, duration / whole, nextDuration / whole);
    }

    public void RemoveFirst(BrownianTensors values, BrownianTensors before, double duration, double durationBefore) => _kernels.RemoveFirst.Launch(
        Blocks, Threads, _count, values.W, values.H, values.Start, before.W, before.H, before.Start, (duration + durationBefore) / duration, durationBefore / duration);

    public void Dispose() => _tensors.ForEach(tensor => tensor.Dispose());

    private Tensor Keep(Tensor tensor)
    {
        _tensors.Add(tensor.DetachFromDisposeScope());
        return tensor;
    }
}
