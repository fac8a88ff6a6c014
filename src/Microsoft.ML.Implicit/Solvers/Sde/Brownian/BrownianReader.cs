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

    public Tensor? TryMove(double from, double to, Tensor state, Tensor drift, Tensor diffusion, double weight) =>
        device.type == TorchSharp.DeviceType.CPU ? path.Move(from, to, state, drift, diffusion, weight) : null;

    public void Dispose()
    {
    }
}
