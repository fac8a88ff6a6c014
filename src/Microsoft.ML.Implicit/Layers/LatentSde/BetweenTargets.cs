using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Layers.LatentSde;

/// <summary>What is known at times between targets, with slopes by time in horizons.</summary>
/// <param name="Value">The context, [batch, times, width].</param>
/// <param name="Slope">Its slope, likewise.</param>
/// <param name="Gap">Time from the target before to that after, [batch, times, 1].</param>
/// <param name="Bridge">Variance of a standard Brownian motion between the values that it has at the targets on both sides, in horizons, [batch, times, 1].</param>
/// <param name="BridgeSlope">Its slope, likewise.</param>
/// <param name="Middle">The context halfway between these targets, [batch, times, width].</param>
/// <param name="MiddleTime">When that is, [batch, times].</param>
internal sealed record BetweenTargets(Tensor Value, Tensor Slope, Tensor Gap, Tensor Bridge, Tensor BridgeSlope, Tensor Middle, Tensor MiddleTime);
