using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Sde.Brownian.Cuda;

/// <summary>Values of a path on a GPU.</summary>
/// <param name="W">Increments of all rows and channels, float64, interval by interval.</param>
/// <param name="H">Space-time Lévy areas, likewise.</param>
/// <param name="Start">Where those of the first interval start.</param>
internal sealed record BrownianTensors(Tensor W, Tensor H, long Start);
