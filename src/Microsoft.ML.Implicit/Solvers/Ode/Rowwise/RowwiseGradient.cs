using Microsoft.ML.Implicit.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Ode.Rowwise;

/// <summary>
/// The reverse sweep over the accepted steps of all rows: the exact gradient of the discrete solution. Each step is
/// repeated from its recomputed start with an autograd graph of that step alone.
/// </summary>
internal sealed class RowwiseGradient
{
    private readonly OdeRowSolution _solution;
    private readonly IRowTimeOdeTerm _term;
    private readonly RowStepper _stepper;
    private readonly RowwiseTrace _trace;
    private readonly ExplicitRungeKutta _method;
    private readonly Tensor _cotangents;
    private readonly Tensor _parameterGradient;
    private readonly Tensor _adjoint;

    private RowwiseGradient(OdeRowSolution solution, IRowTimeOdeTerm term, RowStepper stepper, Tensor cotangents, Tensor parameterGradient)
    {
        _solution = solution;
        _term = term;
        _stepper = stepper;
        _trace = solution.Trace!;
        _method = (ExplicitRungeKutta)solution.Options.Method;
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
        Tensor? times = timeGradients ? OfTimes(solution, outputs, adjoint - direct[0]) : null;
        SolveFailure.ThrowIfNotFinite(adjoint, parameterGradient, cotangents, solution.Term);
        return new OdeGradients(adjoint.view(states.shape[1..]).MoveToOuterDisposeScope(), parameterGradient.MoveToOuterDisposeScope(), times?.MoveToOuterDisposeScope());
    }

    // ∂L/∂tₖ = ∂L/∂z(tₖ) · f(tₖ, z(tₖ)) for k > 0 and ∂L/∂t₀ = -a(t₀) · f(t₀, z₀), row by row; zero where an event came first.
    private static Tensor OfTimes(OdeRowSolution solution, Tensor cotangents, Tensor adjointAtStart)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor states = solution.States;
        OdeSegment[][] segments = [.. solution.Times.Select(own => OdeSegment.Split(own[0], own[^1], solution.Options.JumpTimes, states.dtype))];
        double[][] clamped = [.. solution.Times.Select((own, row) => own.Select(time => OdeSegment.ClampArrival(segments[row], time)).ToArray())];
        Tensor times = RowTimes.ToTensor(clamped, states.dtype, states.device);
        Tensor reached = states.view(cotangents.shape).isfinite().all(2);
        var gradients = new Tensor[solution.Times[0].Length];
        for (int k = 0; k < gradients.Length; k++)
        {
            Tensor slope = solution.Term.Evaluate(times[k], states[k].nan_to_num(0, 0, 0)).reshape(adjointAtStart.shape);
            Tensor product = (slope * (k == 0 ? adjointAtStart.neg() : cotangents[k])).sum(dim: 1, type: ScalarType.Float64);
            gradients[k] = where(reached[k], product, zeros_like(product));
        }

        return stack(gradients, 1).cpu().MoveToOuterDisposeScope();
    }

    private Tensor Advance(int index, Tensor states)
    {
        using DisposeScope scope = NewDisposeScope();
        RowClock clock = Read(_trace.Steps[index]);
        (_, Tensor trial) = _stepper.Step(clock, states.index_select(0, clock.Rows), null);
        return states.index_copy(0, clock.Rows, trial).MoveToOuterDisposeScope();
    }

    private void Reverse(int index, Tensor states)
    {
        using DisposeScope scope = NewDisposeScope();
        RowStep step = _trace.Steps[index];
        RowClock clock = Read(step);
        Tensor start = states.index_select(0, clock.Rows).requires_grad_();
        var results = new List<Tensor>();
        using (enable_grad())
        {
            (List<Tensor> stages, Tensor trial) = _stepper.Step(clock, start, null);
            results.Add(trial);
            if (step.Outputs.Length > 0)
            {
                _stepper.Extend(stages, clock, start, _method.DenseStages);
                results.Add(_stepper.Interpolate(stages, clock.Sizes, start, step.Outputs));
            }
        }

        List<Tensor> cotangents = [_adjoint.index_select(0, clock.Rows)];
        if (step.Outputs.Length > 0)
        {
            Tensor places = tensor(step.Outputs.Select(o => (o.Output * _cotangents.shape[1]) + o.Row).ToArray(), ScalarType.Int64, states.device);
            cotangents.Add(_cotangents.view(-1, _cotangents.shape[2]).index_select(0, places));
        }

        IReadOnlyList<Tensor> parameters = _term.Parameters;
        List<Tensor> inputs = [start, .. parameters.Where(p => p.requires_grad)];
        Tensor?[] gradients = GuardedAutograd.Pullback(results, inputs, cotangents, _term);
        FlatGradient.Add(_parameterGradient, parameters, gradients, 1);
        _adjoint.index_copy_(0, clock.Rows, gradients[0] ?? zeros_like(start));
    }

    private RowClock Read(RowStep step) => new(tensor(step.Rows, ScalarType.Int64, _adjoint.device), step.Times, step.Sizes, step.Segments, _adjoint);
}
