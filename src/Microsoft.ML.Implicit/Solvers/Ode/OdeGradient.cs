using Microsoft.ML.Implicit.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Ode;

/// <summary>Computes gradients of a solution by the method its options name.</summary>
internal static class OdeGradient
{
    public static OdeGradients Compute(OdeSolution solution, IDifferentiableOdeTerm term, Tensor stateGradients, bool timeGradients)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGrad = no_grad();
        term = IRebindableOdeTerm.Separate(term);
        Tensor cotangents = stateGradients.detach().to(solution.States.dtype, solution.States.device);
        Tensor flat = cotangents.reshape(cotangents.shape[0], -1);
        Tensor parameterGradient = zeros(term.Parameters.Sum(p => p.numel()), flat.dtype, flat.device);
        Tensor initial = solution.Options.GradientMethod switch
        {
            OdeGradientMethod.CheckpointedAdjoint => CheckpointedAdjoint.Run(solution, term, flat, parameterGradient),
            OdeGradientMethod.BacksolveAdjoint => BacksolveAdjoint.Run(solution, term, flat, parameterGradient),
            _ => Backpropagation.Run(solution, term, flat, parameterGradient),
        };
        Tensor? times = timeGradients ? OfTimes(solution, flat, initial) : null;
        Tensor initialState = initial.Plus(flat[0]).view(solution.States.shape[1..]);
        SolveFailure.ThrowIfNotFinite(initialState, parameterGradient, flat, term);
        return new OdeGradients(initialState.MoveToOuterDisposeScope(), parameterGradient.MoveToOuterDisposeScope(), times?.MoveToOuterDisposeScope());
    }

    /// <summary>
    /// ∂L/∂tₖ = ∂L/∂z(tₖ) · f(tₖ, z(tₖ)) for k > 0, and ∂L/∂t₀ = -a(t₀) · f(t₀, z₀) with the adjoint a: starting later at the
    /// same state is starting at a state moved back along the flow. Where f jumps at an output, f is that of the side which the integration comes from.
    /// </summary>
    private static Tensor OfTimes(OdeSolution solution, Tensor cotangents, Tensor adjointAtStart)
    {
        double[] gradients = new double[solution.Times.Count];
        OdeSegment[] segments = OdeSegment.Split(solution.Times[0], solution.Times[^1], solution.Options.JumpTimes, solution.States.dtype);
        for (int k = 0; k < gradients.Length; k++)
        {
            using DisposeScope scope = NewDisposeScope();
            Tensor slope = solution.Term.EvaluateChecked(OdeSegment.ClampArrival(segments, solution.Times[k]), solution.States[k]).reshape(-1);
            Tensor cotangent = k == 0 ? -adjointAtStart : cotangents[k];
            gradients[k] = (slope * cotangent).sum(ScalarType.Float64).item<double>();
        }

        return tensor(gradients, ScalarType.Float64);
    }
}
