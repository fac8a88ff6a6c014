using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Solvers.Ode.Replays;
using Microsoft.ML.Implicit.Solvers.Ode.Stepping;
using Microsoft.ML.Implicit.Solvers.Ode.Terms;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Ode.Adjoints;

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
        Tensor? times = timeGradients ? TimeGradient.Of(solution, null, solution.States, cotangents, initial).cpu() : null;
        Tensor initialState = initial.Plus(flat[0]).view(solution.States.shape[1..]);
        SolveFailure.ThrowIfNotFinite(initialState, parameterGradient, flat, term);
        return new OdeGradients(initialState.MoveToOuterDisposeScope(), parameterGradient.MoveToOuterDisposeScope(), times?.MoveToOuterDisposeScope());
    }
}
