using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Sde.Brownian.Cuda;

/// <summary>Reads a path that the GPU computes for itself: the same numbers as the host's, and nothing to copy.</summary>
internal sealed class CudaBrownianReader : IBrownianReader
{
    private readonly BrownianKernels _kernels;
    private readonly BrownianClock _clock;
    private readonly CudaBrownian _arithmetic;
    private readonly BrownianTree<BrownianTensors> _tree;
    private readonly int _count;
    private readonly long[] _shape;
    private readonly ScalarType _type;
    private readonly Device _device;

    private CudaBrownianReader(BrownianKernels kernels, ReadOnlySpan<ulong> keys, int channels, BrownianClock clock, ScalarType type, Device device)
    {
        (_kernels, _clock, _count, _type, _device) = (kernels, clock, keys.Length, type, device);
        _shape = [_count / channels, channels];
        _arithmetic = new CudaBrownian(keys, kernels, device);
        _tree = new BrownianTree<BrownianTensors>(_arithmetic, clock);
    }

    /// <summary>Creates a reader where its kernels can run.</summary>
    /// <param name="keys">A key for each row and channel.</param>
    /// <param name="channels">Channels of a row.</param>
    /// <param name="clock">Division of time.</param>
    /// <param name="type">Type of the results, float32 or float64.</param>
    /// <param name="device">Where they are to be.</param>
    public static CudaBrownianReader? TryCreate(ReadOnlySpan<ulong> keys, int channels, BrownianClock clock, ScalarType type, Device device)
    {
        if (device.type != DeviceType.CUDA)
        {
            return null;
        }

        var kernels = new BrownianKernels(type, device);
        return kernels.Draw is null ? null : new CudaBrownianReader(kernels, keys, channels, clock, type, device);
    }

    public Tensor Increment(double from, double to)
    {
        BrownianTensors values = Between(from, to, withAreas: false);
        return Read(values.W, values.Start);
    }

    public Tensor Area(double from, double to)
    {
        BrownianTensors values = Between(from, to, withAreas: true);
        return Read(values.H, values.Start);
    }

    public Tensor? TryMove(double from, double to, Tensor state, Tensor drift, Tensor diffusion, double weight)
    {
        BrownianTensors values = Between(from, to, withAreas: false);
        Tensor result = empty(_shape, _type, _device);
        _kernels.Move.Launch(
            CudaBrownian.BlocksOf(_count), CudaBrownian.Threads, _count, values.W, values.Start, state, drift, diffusion, result, weight * (to - from), weight);
        return result;
    }

    public void Dispose() => _arithmetic.Dispose();

    private BrownianTensors Between(double from, double to, bool withAreas)
    {
        (long first, long last) = _clock.Ticks(from, to);
        return _tree.Between(first, last, withAreas);
    }

    private Tensor Read(Tensor values, long start)
    {
        Tensor result = empty(_shape, _type, _device);
        _kernels.Read.Launch(CudaBrownian.BlocksOf(_count), CudaBrownian.Threads, _count, values, start, result);
        return result;
    }
}
