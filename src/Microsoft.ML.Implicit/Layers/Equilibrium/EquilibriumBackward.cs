using Microsoft.ML.Implicit.LinearAlgebra;
using Microsoft.ML.Implicit.Solvers.FixedPoint;

namespace Microsoft.ML.Implicit.Layers.Equilibrium;

/// <summary>What one forward and backward pass of <see cref="DeepEquilibrium.Backward"/> found.</summary>
/// <param name="Loss">Value of the loss.</param>
/// <param name="Equilibrium">The forward solve, whose solution can warm-start the next one.</param>
/// <param name="Adjoint">The adjoint solve; null where the gradient needs none.</param>
public sealed record EquilibriumBackward(double Loss, FixedPointResult Equilibrium, LinearSolution? Adjoint);
