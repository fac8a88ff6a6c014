using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Solvers.Ode.Rowwise;
using Microsoft.ML.Implicit.Solvers.Ode.Stepping;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Ode.Adjoints;

/// <summary>Computes gradients of a solution by the method its options name.</summary>
internal static class OdeGradient
{
    /// <summary>Computes them.</summary>
    /// <param name="solution">A solution with a trace.</param>
    /// <param name="stateGradients"><c>[times, batch, ...]</c>.</param>
    /// <param name="eventTimeGradients"><c>[batch]</c>.</param>
    /// <param name="eventStateGradients"><c>[batch, ...]</c>.</param>
    /// <param name="timeGradients">Whether gradients of the times are wanted.</param>
    public static OdeGradients Compute(OdeSolution solution, Tensor stateGradients, Tensor? eventTimeGradients, Tensor? eventStateGradients, bool timeGradients)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGrad = no_grad();
        Tensor states = solution.States;
        StepScheme scheme = solution.Scheme.Separate();
        Tensor outputs = stateGradients.detach().to(states.dtype, states.device).reshape(states.shape[0], -1);
        Tensor cotangents = scheme.Event is not null
            ? cat([outputs, EventGradient.AtFixedTimes(solution, eventTimeGradients, eventStateGradients).view(1, -1)])
            : outputs;
        Tensor parameterGradient = zeros(scheme.Parameters!.Sum(p => p.numel()), states.dtype, states.device);
        Tensor initial = scheme.Differentiate(solution, cotangents, parameterGradient);
        (long[] places, long[] clocks) = RepeatedTimes.Find(solution.Times);
        if (places.Length > 0)
        {
            Tensor rows = initial.view(solution.Times.Count, -1);
            Tensor repeated = outputs.reshape(-1, rows.shape[1]).index_select(0, tensor(places, device: states.device));
            initial = rows.index_add(0, tensor(clocks, device: states.device), repeated, alpha: 1.Held()).view(-1);
        }

        Tensor? times = timeGradients ? TimeGradient.Of(solution, solution.Scheme, states, outputs, initial).cpu() : null;
        Tensor initialState = initial.Plus(outputs[0]).view(states.shape[1..]);
        SolveFailure.ThrowIfNotFinite(initialState, parameterGradient, cotangents, solution.Scheme.Term);
        return new OdeGradients(initialState.MoveToOuterDisposeScope(), parameterGradient.MoveToOuterDisposeScope(), times?.MoveToOuterDisposeScope());
    }
}
