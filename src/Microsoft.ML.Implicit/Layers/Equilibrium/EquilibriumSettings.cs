using Microsoft.ML.Implicit.Solvers.FixedPoint;

namespace Microsoft.ML.Implicit.Layers.Equilibrium;

/// <summary>How a <see cref="DeepEquilibrium"/> layer solves and differentiates.</summary>
public sealed record EquilibriumSettings
{
    /// <summary>Solver of the equilibrium.</summary>
    public IFixedPointSolver ForwardSolver { get; init; } = new AndersonSolver();

    /// <summary>Solver of the adjoint equation u = w + uᵀ ∂f/∂z.</summary>
    public IFixedPointSolver BackwardSolver { get; init; } = new AndersonSolver();

    /// <summary>How gradients pass through the equilibrium.</summary>
    public EquilibriumGradient Gradient { get; init; } = EquilibriumGradient.Implicit;

    /// <summary>Evaluations that a phantom gradient unrolls, at least 1.</summary>
    public int PhantomSteps { get; init; } = 5;

    /// <summary>Damping of the evaluations that a phantom gradient unrolls, in (0, 1].</summary>
    public double PhantomDamping { get; init; } = 0.5;

    /// <summary>
    /// Whether a solve that fails in some row throws <see cref="Solvers.SolveFailedException"/>, as it does by default. If not, the row has its
    /// best iterate and a status. Rows that a loss leaves out add nothing to any gradient, whatever became of them; where a loss uses a row whose input or state is not finite,
    /// gradients are NaN.
    /// </summary>
    public bool ThrowOnFailure { get; init; } = true;

    internal void Validate()
    {
        ArgumentNullException.ThrowIfNull(ForwardSolver);
        ArgumentNullException.ThrowIfNull(BackwardSolver);
        ArgumentOutOfRangeException.ThrowIfLessThan(PhantomSteps, 1);
        if (!Enum.IsDefined(Gradient))
        {
            throw new ArgumentOutOfRangeException(nameof(Gradient), Gradient, "Gradient must be Implicit, JacobianFree or Phantom.");
        }

        if (!(PhantomDamping is > 0 and <= 1))
        {
            throw new ArgumentOutOfRangeException(nameof(PhantomDamping), PhantomDamping, "PhantomDamping must be within (0, 1].");
        }
    }
}
