namespace Microsoft.ML.Implicit.Solvers.Sde;

/// <summary>How gradients of a solution are computed.</summary>
public enum SdeGradientMethod
{
    /// <summary>
    /// Reverse sweep over the accepted steps, restarted from checkpoints: the exact gradient of the discrete solution, with memory bounded by
    /// <see cref="SdeOptions.MaximumCheckpoints"/>.
    /// </summary>
    CheckpointedAdjoint,

    /// <summary>
    /// Reverse sweep whose states are computed backward from the last one, for methods that can be reversed in closed form
    /// (<see cref="SdeMethods.ReversibleHeun"/>): the exact gradient to rounding, with memory for one state.
    /// </summary>
    ReversibleAdjoint,
}
