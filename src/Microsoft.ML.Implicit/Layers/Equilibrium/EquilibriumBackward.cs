using Microsoft.ML.Implicit.LinearAlgebra;
using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Solvers.FixedPoint;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Layers.Equilibrium;

/// <summary>What one forward and backward pass of <see cref="DeepEquilibrium.Backward"/> found.</summary>
/// <param name="LossTensor">Value of the loss, of one element, where it was computed, without a graph.</param>
/// <param name="Equilibrium">The forward solve, whose solution can warm-start the next one.</param>
/// <param name="Adjoint">The adjoint solve; null where the gradient needs none.</param>
public sealed record EquilibriumBackward(Tensor LossTensor, FixedPointResult Equilibrium, LinearSolution? Adjoint)
{
    /// <summary>Value of the loss, read from its device at each call.</summary>
    public double Loss => LossTensor.ReadDouble();
}
