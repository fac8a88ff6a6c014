using Microsoft.ML.Implicit.Layers.LatentOde;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Examples as tensors, padded to the longest history and the most target times. Those whose histories begin at one observation of a series may share the longest of them.</summary>
/// <param name="History">float32 [histories, observations, features], in the order in which the encoder reads them.</param>
/// <param name="Gaps">float32 [histories, observations]: time since the observation read before, in median gaps.</param>
/// <param name="LastIndices">int64 [histories]: index of the last observation read.</param>
/// <param name="Places">int64 [batch]: where the last observation of each example stands among the observations of all histories, padding included.</param>
/// <param name="Query">The times of the targets.</param>
/// <param name="Targets">float32 [batch, targets, variables]: change since the last observed value, in change scales; 0 where not observed.</param>
/// <param name="Mask">float32 [batch, targets, variables]: 1 where observed.</param>
internal sealed record ForecastBatch(
    Tensor History,
    Tensor Gaps,
    Tensor LastIndices,
    Tensor Places,
    LatentQuery Query,
    Tensor Targets,
    Tensor Mask)
{
    public long Count => Targets.shape[0];

    public long TargetCount => Targets.shape[1];
}
