using Microsoft.ML.Implicit.Solvers.Ode.Stepping;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Ode.Adjoints;

/// <summary>The adjoint of the discrete solution: a <see cref="CheckpointSweep"/> over the accepted steps.</summary>
internal static class CheckpointedAdjoint
{
    /// <summary>Runs the reverse sweep.</summary>
    /// <param name="solution">A solution with a trace.</param>
    /// <param name="scheme">Its scheme.</param>
    /// <param name="cotangents">Gradients of the outputs, <c>[outputs, n]</c>.</param>
    /// <param name="parameterGradient">Flat vector that the parameters' gradients are added to.</param>
    /// <returns>Adjoint at the first times, <c>[n]</c>, without the direct contribution of outputs there.</returns>
    public static Tensor Run(OdeSolution solution, StepScheme scheme, Tensor cotangents, Tensor parameterGradient)
    {
        OdeTrace trace = solution.Trace!;
        if (trace.Steps.Count == 0)
        {
            return zeros_like(cotangents[0]);
        }

        using AdjointStep adjoint = scheme.CreateAdjoint(solution.Options, solution.States[0], parameterGradient);
        Tensor contiguous = cotangents.contiguous();
        new CheckpointSweep(solution.Options, (i, state) => adjoint.Advance(trace.Steps[i], state), (i, state) => adjoint.Reverse(trace.Steps[i], state, contiguous))
            .Run(trace.Steps.Count, trace.Checkpoints, trace.Stride);
        return adjoint.Finish();
    }
}
