using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Layers.LatentSde;

/// <summary>A normal distribution of the latent state at each of some times, all tensors [batch, times, latent].</summary>
/// <param name="Mean">m.</param>
/// <param name="Scale">s.</param>
/// <param name="MeanSlope">dm/dt.</param>
/// <param name="ScaleSlope">ds/dt.</param>
internal sealed record LatentMarginal(Tensor Mean, Tensor Scale, Tensor MeanSlope, Tensor ScaleSlope)
{
    /// <summary>Some of the times.</summary>
    public LatentMarginal Narrow(long first, long count) =>
        new(Mean.narrow(1, first, count), Scale.narrow(1, first, count), MeanSlope.narrow(1, first, count), ScaleSlope.narrow(1, first, count));
}
