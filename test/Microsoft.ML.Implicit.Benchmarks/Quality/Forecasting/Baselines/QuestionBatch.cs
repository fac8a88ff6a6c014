using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Benchmarks.Quality.Forecasting;

/// <summary>Questions as padded tensors, standardised.</summary>
/// <param name="Inputs">[batch, history, inputs]: values with 0 for missing ones, which are observed, the gap before and covariates.</param>
/// <param name="Gaps">[batch, history]: time since the observation before, in horizons.</param>
/// <param name="LastIndices">int64 [batch].</param>
/// <param name="Ahead">[batch, targets]: time since the last observation, in horizons.</param>
/// <param name="TargetInputs">[batch, targets, covariates].</param>
/// <param name="Targets">[batch, targets, variables], 0 where not observed.</param>
/// <param name="Mask">[batch, targets, variables].</param>
internal sealed record QuestionBatch(Tensor Inputs, Tensor Gaps, Tensor LastIndices, Tensor Ahead, Tensor TargetInputs, Tensor Targets, Tensor Mask)
{
    /// <summary>The same on a device.</summary>
    public QuestionBatch To(Device device) =>
        new(Inputs.to(device), Gaps.to(device), LastIndices.to(device), Ahead.to(device), TargetInputs.to(device), Targets.to(device), Mask.to(device));
}
