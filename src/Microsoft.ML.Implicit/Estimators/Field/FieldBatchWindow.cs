using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>A batch of windows. Where a window is shorter than the others, its paces and weights are 0.</summary>
/// <param name="Start">First fields, [batch, 1, points...].</param>
/// <param name="Targets">Those that follow, [length, batch, 1, points...].</param>
/// <param name="Paces">Time from each field to the next, [length, batch].</param>
/// <param name="Weights">What each target counts, [length, batch].</param>
internal sealed record FieldBatchWindow(Tensor Start, Tensor Targets, Tensor Paces, Tensor Weights);
