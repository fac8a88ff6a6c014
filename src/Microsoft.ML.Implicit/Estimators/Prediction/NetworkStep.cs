using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>What one forward and backward pass of a network cost.</summary>
/// <param name="Iterations">Iterations or evaluations of the forward solve.</param>
/// <param name="UnsolvedRows">Rows that were not solved to the tolerance.</param>
/// <param name="Penalty">What was added to the loss, of one element, without a graph; <see langword="null"/> for nothing.</param>
internal readonly record struct NetworkStep(long Iterations, int UnsolvedRows, Tensor? Penalty);
