using Microsoft.ML.Implicit.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Ode;

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
        long n = cotangents.shape[1];
        var adjointTerm = new AdjointTerm(term, shape, n, parameterGradient);
        OdeOptions options = solution.Options with { ThrowOnFailure = false };
        Tensor adjoint = zeros_like(cotangents[0]);
        for (int k = solution.Times.Count - 1; k > 0; k--)
        {
            adjoint = adjoint.Plus(cotangents[k]);
            Tensor start = cat([solution.States[k].reshape(-1), adjoint, parameterGradient]).view(1, -1);
            using OdeSolution backward = OdeSolver.Solve(adjointTerm, start, [solution.Times[k], solution.Times[k - 1]], options, differentiable: false, normLength: 2 * n);
            SolveFailure.ThrowIfAny(backward);
            Tensor end = backward.States[1].view(-1);
            adjoint = end.narrow(0, n, n).clone();
            parameterGradient.copy_(end.narrow(0, 2 * n, parameterGradient.numel()));
        }

        return adjoint.MoveToOuterDisposeScope();
    }

    private sealed class AdjointTerm(IDifferentiableOdeTerm term, long[] shape, long n, Tensor like) : IOdeTerm
    {
        public Tensor Evaluate(double time, Tensor state)
        {
            using DisposeScope scope = NewDisposeScope();
            Tensor flat = state.view(-1);
            using OdeLinearization linearization = term.LinearizeChecked(time, flat.narrow(0, 0, n).view(shape));
            Tensor slopes = zeros_like(like);
            Tensor adjointSlope = linearization.PullbackChecked(flat.narrow(0, n, n).neg().view(shape), slopes);
            return cat([linearization.Value.reshape(-1), adjointSlope.reshape(-1), slopes]).view(state.shape).MoveToOuterDisposeScope();
        }
    }
}
