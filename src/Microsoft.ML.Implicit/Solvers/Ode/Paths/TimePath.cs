using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Ode.Paths;

/// <summary>X(t) = t, a single channel: with it dz = f(t, z) dX is the ordinary differential equation dz/dt = f(t, z).</summary>
/// <param name="type">Type of the state, float32 or float64.</param>
public sealed class TimePath(ScalarType type = ScalarType.Float32) : ControlPath
{
    /// <inheritdoc/>
    public override Tensor Derivative(Tensor times, IReadOnlyList<Tensor> inputs)
    {
        ArgumentNullException.ThrowIfNull(times);
        return ones([1, 1], type, times.device);
    }
}
