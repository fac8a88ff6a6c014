using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Layers.Fields.Derivatives;

/// <summary>Derivatives along one axis. It holds no tensors and may be used from several threads.</summary>
public abstract class AxisDerivatives
{
    /// <summary>Computes derivatives within autograd.</summary>
    /// <param name="field"><c>[..., points]</c>.</param>
    /// <returns>The first derivative, the second and so on, <c>[..., points, highest]</c>.</returns>
    public abstract Tensor Compute(Tensor field);

    /// <summary>The points that the derivatives at a point depend on; <see langword="null"/> for all, as by default.</summary>
    /// <param name="point">The point.</param>
    public virtual IReadOnlyList<int>? Support(int point) => null;
}
