using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Rows carried to the base distribution.</summary>
/// <param name="Points">Where the flow starts: the features made normal and uncorrelated, float64 [rows, width].</param>
/// <param name="Latent">Latent vectors, float64 [rows, features].</param>
/// <param name="LogDensity">Log densities in the user's units, in nats, float64 [rows].</param>
internal sealed record DensityEncoding(Tensor Points, Tensor Latent, Tensor LogDensity);
