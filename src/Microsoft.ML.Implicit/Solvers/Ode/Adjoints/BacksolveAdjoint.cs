using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Solvers.Ode.Common;
using Microsoft.ML.Implicit.Solvers.Ode.Stepping;
using Microsoft.ML.Implicit.Solvers.Ode.Terms;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Ode.Adjoints;

/// <summary>
/// The adjoint equation a' = -aᵀ ∂f/∂z, g' = -aᵀ ∂f/∂θ solved backward in time together with the state
/// (Chen, Rubanova, Bettencourt, Duvenaud, Neural ordinary differential equations, 2018). The error norm leaves the
/// parameters' gradients out, since they feed back into nothing (Kidger, Chen, Lyons, "Hey, that's not an ODE", 2021).
/// </summary>
internal static class BacksolveAdjoint
{
    /// <summary>Solves the adjoint equation from the last time to the first.</summary>
    /// <param name="solution">A solution.</param>
    /// <param name="term">Its term.</param>
    /// <param name="cotangents">Gradients of the states, <c>[times, n]</c>.</param>
    /// <param name="parameterGradient">Flat vector that the parameters' gradients are added to.</param>
    /// <returns>Adjoint at the first time, <c>[n]</c>, without the direct contribution of the first output.</returns>
    /// <exception cref="SolveFailedException">The adjoint equation could not be solved.</exception>
    public static Tensor Run(OdeSolution solution, IDifferentiableOdeTerm term, Tensor cotangents, Tensor parameterGradient)
    {
        using DisposeScope scope = NewDisposeScope();
        long[] shape = solution.States.shape[1..];
        var extent = new StateExtent(shape[0], 2 * cotangents.shape[1] / shape[0]);
        var adjointTerm = new AdjointTerm(term, shape, extent, parameterGradient);
        var steps = new CommonSteps(adjointTerm, extent);
        double[] times = solution.Times[0];
        Tensor adjoint = zeros_like(cotangents[0]);
        for (int k = times.Length - 1; k > 0; k--)
        {
            adjoint = adjoint.Plus(cotangents[k]);
            Tensor rows = cat([solution.States[k].nan_to_num(0).reshape(extent.Rows, -1), adjoint.view(extent.Rows, -1)], 1);
            Tensor start = cat([rows.view(-1), parameterGradient]).view(1, -1);
            using OdeSolution backward = OdeSolver.Run(steps, start, [[times[k], times[k - 1]]], solution.Options, differentiable: false);
            SolveFailure.ThrowIfAny(backward);
            Tensor end = backward.States[1].view(-1);
            adjoint = adjointTerm.Split(end).Adjoint.reshape(-1);
            parameterGradient.copy_(end.narrow(0, extent.Length, parameterGradient.numel()));
        }

        return adjoint.MoveToOuterDisposeScope();
    }
}
