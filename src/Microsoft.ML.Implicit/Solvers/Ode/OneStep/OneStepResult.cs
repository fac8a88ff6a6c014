using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Ode.OneStep;

/// <summary>What one step computes.</summary>
/// <param name="State">State at its end, of the shape of the state at its start.</param>
/// <param name="Error">Estimate of the error in <paramref name="State"/>, of its shape; <see langword="null"/> where there is none.</param>
public sealed record OneStepResult(Tensor State, Tensor? Error = null);
