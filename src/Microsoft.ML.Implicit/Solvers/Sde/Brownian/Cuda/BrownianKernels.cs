using Microsoft.ML.Implicit.Native.Cuda;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Sde.Brownian.Cuda;

/// <summary>The kernels of Brownian.cu for one device, each compiled when it is asked for first: fixed steps need few of them.</summary>
/// <param name="type">Type that values are read in, float32 or float64.</param>
/// <param name="device">The device.</param>
internal sealed class BrownianKernels(ScalarType type, Device device)
{
    private const string File = "Brownian.cu";

    private readonly string[] _definitions = [CudaKernel.RealType(type)];
    private CudaKernel? _divide;
    private CudaKernel? _copy;
    private CudaKernel? _append;
    private CudaKernel? _removeFirst;
    private CudaKernel? _read;
    private CudaKernel? _move;

    /// <summary>Draws intervals; <see langword="null"/> where kernels cannot be compiled.</summary>
    public CudaKernel? Draw { get; } = CudaKernel.Find("drawIntervals", [File], [CudaKernel.RealType(type)], device);

    public CudaKernel Divide => _divide ??= Find("divideInterval");

    public CudaKernel Copy => _copy ??= Find("copyInterval");

    public CudaKernel Append => _append ??= Find("appendInterval");

    public CudaKernel RemoveFirst => _removeFirst ??= Find("removeFirstPart");

    public CudaKernel Read => _read ??= Find("readValues");

    public CudaKernel Move => _move ??= Find("moveState");

    private CudaKernel Find(string name) =>
        CudaKernel.Find(name, [File], _definitions, device) ?? throw new InvalidOperationException($"{name} of {File} does not compile, though other kernels did.");
}
