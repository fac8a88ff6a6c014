using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Solvers.Ode.Adjoints;
using Microsoft.ML.Implicit.Solvers.Ode.Stepping;
using Microsoft.ML.Implicit.Solvers.Ode.Terms;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Ode.Rowwise;

/// <summary>
/// The reverse sweep over the accepted steps of all rows: the exact gradient of the discrete solution. Each step is
/// repeated from its recomputed start with an autograd graph of that step alone.
/// </summary>
internal sealed class RowwiseGradient
{
    private readonly IRowTimeOdeTerm _term;
    private readonly RowStepper _stepper;
    private readonly RowwiseTrace _trace;
    private readonly Tensor _cotangents;
    private readonly Tensor _parameterGradient;
    private readonly Tensor _adjoint;

    private RowwiseGradient(OdeRowSolution solution, IRowTimeOdeTerm term, RowStepper stepper, Tensor cotangents, Tensor parameterGradient)
    {
        _term = term;
        _stepper = stepper;
        _trace = solution.Trace!;
        _cotangents = cotangents;
        _parameterGradient = parameterGradient;
        _adjoint = zeros_like(cotangents[0]);
    }

    /// <summary>Runs the reverse sweep.</summary>
    /// <param name="solution">A solution with a trace.</param>
    /// <param name="stateGradients"><c>[times, batch, ...]</c>.</param>
    /// <param name="eventTimeGradients"><c>[batch]</c>.</param>
    /// <param name="eventStateGradients"><c>[batch, ...]</c>.</param>
    /// <param name="timeGradients">Whether gradients of the times are wanted.</param>
    public static OdeGradients Compute(OdeRowSolution solution, Tensor stateGradients, Tensor? eventTimeGradients, Tensor? eventStateGradients, bool timeGradients)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGrad = no_grad();
        Tensor states = solution.States;
        Tensor outputs = stateGradients.detach().to(states.dtype, states.device).reshape(states.shape[0], states.shape[1], -1);
        Tensor cotangents = solution.Event is null
            ? outputs
            : cat([outputs, EventGradient.AtFixedTimes(solution, eventTimeGradients, eventStateGradients).unsqueeze(0)]);
        Tensor parameterGradient = zeros(solution.Term.Parameters.Sum(p => p.numel()), states.dtype, states.device);
        IRowTimeOdeTerm term = IRebindableOdeTerm.Separate(solution.Term);
        using var stepper = new RowStepper(term, (ExplicitRungeKutta)solution.Options.Method, states[0]);
        var gradient = new RowwiseGradient(solution, term, stepper, cotangents, parameterGradient);
        new CheckpointSweep(solution.Options, gradient.Advance, gradient.Reverse).Run(gradient._trace.Steps.Count, gradient._trace.Checkpoints, gradient._trace.Stride);

        // Outputs at a row's first time are its initial state.
        Tensor unmoved = RowTimes.EqualFirst(solution.Times, states.device);
        Tensor direct = where(unmoved, outputs, zeros_like(outputs));
        Tensor adjoint = gradient._adjoint.PlusInPlace(direct.sum(dim: 0));
        Tensor? times = timeGradients ? TimeGradient.Of(solution, null, states, outputs, adjoint - direct[0]).cpu() : null;
        SolveFailure.ThrowIfNotFinite(adjoint, parameterGradient, cotangents, solution.Term);
        return new OdeGradients(adjoint.view(states.shape[1..]).MoveToOuterDisposeScope(), parameterGradient.MoveToOuterDisposeScope(), times?.MoveToOuterDisposeScope());
    }

    private Tensor Advance(int index, Tensor states)
    {
        using DisposeScope scope = NewDisposeScope();
        var clock = new RowClock(_trace.Steps[index], _adjoint);
        (_, Tensor trial) = _stepper.Step(clock, states.index_select(0, clock.Rows), null);
        return states.index_copy(0, clock.Rows, trial).MoveToOuterDisposeScope();
    }

    private void Reverse(int index, Tensor states)
    {
        using DisposeScope scope = NewDisposeScope();
        RowStep step = _trace.Steps[index];
        var clock = new RowClock(step, _adjoint);
        Tensor start = states.index_select(0, clock.Rows).requires_grad_();
        List<Tensor> results = [];
        List<Tensor> cotangents = [_adjoint.index_select(0, clock.Rows)];
        using (enable_grad())
        {
            (Tensor trial, Tensor? outputs) = _stepper.Repeat(step, clock, start);
            results.Add(trial);
            if (outputs is not null)
            {
                results.Add(outputs);
                Tensor places = tensor(step.OutputPlaces(_cotangents.shape[1]), ScalarType.Int64, states.device);
                cotangents.Add(_cotangents.view(-1, _cotangents.shape[2]).index_select(0, places));
            }
        }

        IReadOnlyList<Tensor> parameters = _term.Parameters;
        List<Tensor> inputs = [start, .. parameters.Where(p => p.requires_grad)];
        Tensor?[] gradients = GuardedAutograd.Pullback(results, inputs, cotangents, _term);
        FlatGradient.Add(_parameterGradient, parameters, gradients, 1);
        _adjoint.index_copy_(0, clock.Rows, gradients[0] ?? zeros_like(start));
    }
}
