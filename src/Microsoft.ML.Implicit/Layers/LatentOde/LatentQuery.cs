using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Layers.LatentOde;

/// <summary>The times that a latent network is asked about, as tensors.</summary>
/// <param name="Grid">Equally spaced times from 0, common to all rows, in horizons.</param>
/// <param name="Controls">float32 [grid, batch, controls], or <see langword="null"/> without controls.</param>
/// <param name="LowerIndices">int64 [batch * targets]: the grid time before each target, times the batch size, plus the row.</param>
/// <param name="Thetas">float32 [batch * targets, 1]: place of each target between two grid times, from 0 to 1.</param>
/// <param name="TargetFeatures">float32 [batch * targets, target features].</param>
internal sealed record LatentQuery(double[] Grid, Tensor? Controls, Tensor LowerIndices, Tensor Thetas, Tensor TargetFeatures);
