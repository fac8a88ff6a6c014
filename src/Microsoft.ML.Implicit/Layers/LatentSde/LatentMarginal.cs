using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Layers.LatentSde;

/// <summary>A normal distribution of the latent state at each of some times, all tensors [batch, times, latent].</summary>
/// <param name="Mean">m.</param>
/// <param name="Scale">s.</param>
/// <param name="MeanSlope">dm/dt.</param>
/// <param name="ScaleSlope">ds/dt.</param>
internal sealed record LatentMarginal(Tensor Mean, Tensor Scale, Tensor MeanSlope, Tensor ScaleSlope);
