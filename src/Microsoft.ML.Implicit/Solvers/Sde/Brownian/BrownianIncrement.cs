using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Sde.Brownian;

/// <summary>What a Brownian path does over an interval [s, t] of length h.</summary>
/// <param name="W">The increment W(t) - W(s), <c>[rows, channels]</c>, of variance h.</param>
/// <param name="H">
/// The space-time Lévy area (1/h) ∫ₛᵗ (W(r) - W(s) - (r - s)/h · W) dr, <c>[rows, channels]</c>, of variance h/12 and independent of
/// <paramref name="W"/>: how far the path leans to one side of the line between its ends.
/// </param>
public sealed record BrownianIncrement(Tensor W, Tensor H);
