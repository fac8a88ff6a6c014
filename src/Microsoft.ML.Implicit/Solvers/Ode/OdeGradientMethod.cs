namespace Microsoft.ML.Implicit.Solvers.Ode;

/// <summary>How gradients of a solution are computed.</summary>
public enum OdeGradientMethod
{
    /// <summary>
    /// Reverse sweep over the accepted steps, restarted from checkpoints: the exact gradient of the discrete solution,
    /// with memory bounded by <see cref="OdeOptions.MaximumCheckpoints"/>.
    /// </summary>
    CheckpointedAdjoint,

    /// <summary>
    /// The adjoint equation solved backward in time together with the state (Pontryagin; Chen et al. 2018). Memory does
    /// not depend on the number of steps, but the recomputed state drifts where the reversed flow is unstable.
    /// </summary>
    BacksolveAdjoint,

    /// <summary>
    /// Automatic differentiation through every accepted step of an explicit Runge-Kutta method. Memory grows with the number of
    /// steps, and the dynamics' <see cref="IOdeTerm.Evaluate"/> must be made of operations that autograd follows.
    /// </summary>
    Backpropagation,
}
