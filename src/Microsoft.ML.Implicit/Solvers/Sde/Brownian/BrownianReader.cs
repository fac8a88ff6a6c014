using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Sde.Brownian;

/// <summary>Reads what the host computes, and copies it to the device.</summary>
/// <param name="path">The path.</param>
/// <param name="type">Type of the results.</param>
/// <param name="device">Where they are to be.</param>
internal sealed class BrownianReader(BrownianPath path, ScalarType type, Device device) : IBrownianReader
{
    public Tensor Increment(double from, double to) => path.ReadIncrement(from, to, type, device);

    public Tensor Area(double from, double to) => path.ReadArea(from, to, type, device);

    public void Dispose()
    {
    }
}
