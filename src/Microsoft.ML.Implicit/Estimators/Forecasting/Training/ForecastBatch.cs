using Microsoft.ML.Implicit.Layers.LatentOde;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Examples as tensors, padded to the longest history and the most target times.</summary>
/// <param name="History">float32 [batch, history, features], in the order in which the encoder reads it.</param>
/// <param name="Gaps">float32 [batch, history]: time since the observation read before, in median gaps.</param>
/// <param name="LastIndices">int64 [batch]: index of the last observation read.</param>
/// <param name="Query">The times of the targets.</param>
/// <param name="Targets">float32 [batch, targets, variables]: change since the last observed value, in change scales; 0 where not observed.</param>
/// <param name="Mask">float32 [batch, targets, variables]: 1 where observed.</param>
internal sealed record ForecastBatch(
    Tensor History,
    Tensor Gaps,
    Tensor LastIndices,
    LatentQuery Query,
    Tensor Targets,
    Tensor Mask)
{
    public long Count => History.shape[0];

    public long TargetCount => Targets.shape[1];
}
