using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Examples as tensors, padded to the longest history and the most target times.</summary>
/// <param name="History">float32 [batch, history, features], in the order in which the encoder reads it.</param>
/// <param name="Gaps">float32 [batch, history]: time since the observation read before, in median gaps.</param>
/// <param name="LastIndices">int64 [batch]: index of the last observation read.</param>
/// <param name="Grid">Times of the solver's steps, common to all rows: from 0, in horizons.</param>
/// <param name="Controls">float32 [grid, batch, covariates], or <see langword="null"/> without covariates.</param>
/// <param name="LowerIndices">int64 [batch * targets]: the grid time before each target, times the batch size, plus the row.</param>
/// <param name="Thetas">float32 [batch * targets, 1]: place of each target between two grid times, from 0 to 1.</param>
/// <param name="TargetFeatures">float32 [batch * targets, target features].</param>
/// <param name="Targets">float32 [batch, targets, variables]: change since the last observed value, in change scales; 0 where not observed.</param>
/// <param name="Mask">float32 [batch, targets, variables]: 1 where observed.</param>
internal sealed record ForecastBatch(
    Tensor History,
    Tensor Gaps,
    Tensor LastIndices,
    double[] Grid,
    Tensor? Controls,
    Tensor LowerIndices,
    Tensor Thetas,
    Tensor TargetFeatures,
    Tensor Targets,
    Tensor Mask)
{
    public long Count => History.shape[0];

    public long TargetCount => Targets.shape[1];
}
