namespace Microsoft.ML.Implicit.Solvers.Sde.Brownian.Managed;

/// <summary>Values of a path in managed memory.</summary>
/// <param name="W">Increments of all rows and channels, padded to whole vectors, interval by interval.</param>
/// <param name="H">Space-time Lévy areas, likewise.</param>
/// <param name="Start">Where those of the first interval start.</param>
internal sealed record BrownianArrays(double[] W, double[] H, int Start);
