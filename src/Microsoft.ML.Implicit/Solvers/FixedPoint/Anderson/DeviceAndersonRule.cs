using Microsoft.ML.Implicit.Native.Cuda;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.FixedPoint;

/// <summary>
/// <see cref="AndersonRule"/> as one kernel an iteration on a GPU: the residuals are all that the host reads, and the
/// next iterate is known when they are.
/// </summary>
internal sealed class DeviceAndersonRule : IterationRule
{
    private const int Threads = 128;

    private readonly AndersonSettings _settings;
    private readonly CudaKernel _kernel;
    private readonly double _ridge;
    private Tensor _images;
    private Tensor _residuals;
    private Tensor _gram;
    private Tensor? _next;
    private int _slot = -1;
    private int _count;

    private DeviceAndersonRule(AndersonSettings settings, CudaKernel kernel, Tensor state)
    {
        (_settings, _kernel) = (settings, kernel);
        long rows = state.shape[0];
        long width = rows == 0 ? 0 : state.numel() / rows;
        _images = empty([settings.Memory, rows, width], state.dtype, state.device);
        _residuals = empty_like(_images);
        _gram = empty([rows, settings.Memory, settings.Memory], ScalarType.Float64, state.device);
        _ridge = settings.RidgeOf(state.dtype);
    }

    /// <summary>Creates the rule where its kernel can run.</summary>
    /// <param name="settings">Settings.</param>
    /// <param name="state">The initial state, [rows, ...].</param>
    public static DeviceAndersonRule? TryCreate(AndersonSettings settings, Tensor state)
    {
        if (state.device_type != DeviceType.CUDA || state.dtype is not (ScalarType.Float32 or ScalarType.Float64))
        {
            return null;
        }

        string[] definitions = [CudaKernel.RealType(state.dtype), $"MEMORY={settings.Memory}", $"THREADS={Threads}"];
        return CudaKernel.Find("anderson", ["Anderson.cu"], definitions, state.device) is { } kernel
            ? new DeviceAndersonRule(settings, kernel, state)
            : null;
    }

    public override Tensor Measure(Tensor z, Tensor f)
    {
        int rows = (int)z.shape[0];
        int width = (int)z.shape[1];
        _slot = (_slot + 1) % _settings.Memory;
        _count = Math.Min(_count + 1, _settings.Memory);
        _next = empty_like(z);
        Tensor squaredResidual = empty([rows, 1], ScalarType.Float64, z.device);
        _kernel.Launch(rows, Threads, z, f.contiguous(), _images, _residuals, _gram, _next, squaredResidual, rows, width, _slot, _count, _ridge, _settings.Mixing);
        return squaredResidual;
    }

    public override double SquaredResidual(ReadOnlySpan<double> measured) => measured[0];

    public override Tensor Next(ReadOnlySpan<double> measured, int stride) => _next!;

    public override void SelectRows(Tensor rows, ReadOnlySpan<int> kept)
    {
        _images = Select(_images, 1, rows);
        _residuals = Select(_residuals, 1, rows);
        _gram = Select(_gram, 0, rows);
    }

    private static Tensor Select(Tensor history, long dimension, Tensor rows)
    {
        Tensor selected = history.index_select(dimension, rows).MoveToOuterDisposeScope();
        history.Dispose();
        return selected;
    }
}
