using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Sde;

/// <summary>What one step computes.</summary>
/// <param name="State">What the next step starts from, of the shape of what this one started from.</param>
/// <param name="Error">Estimate of the error in the solution, <c>[rows, dimension]</c>; <see langword="null"/> where there is none.</param>
public sealed record SdeStepResult(Tensor State, Tensor? Error = null);
