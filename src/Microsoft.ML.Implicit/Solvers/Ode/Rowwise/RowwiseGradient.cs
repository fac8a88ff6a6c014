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
    private readonly RowStepper _stepper;
    private readonly RowwiseTrace _trace;
    private readonly ExplicitRungeKutta _method;
    private readonly Tensor _cotangents;
    private readonly Tensor _parameterGradient;
    private Tensor _adjoint;

    private RowwiseGradient(OdeRowSolution solution, RowStepper stepper, Tensor cotangents, Tensor parameterGradient)
    {
        _solution = solution;
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
    public static OdeGradients Compute(OdeRowSolution solution, Tensor stateGradients, Tensor? eventTimeGradients, Tensor? eventStateGradients)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGrad = no_grad();
        Tensor states = solution.States;
        Tensor cotangents = stateGradients.detach().to(states.dtype, states.device).reshape(states.shape[0], states.shape[1], -1);
        if (solution.Event is not null)
        {
            cotangents = cat([cotangents, EventGradient.AtFixedTimes(solution, eventTimeGradients, eventStateGradients).unsqueeze(0)]);
        }

        Tensor parameterGradient = zeros(solution.Term.Parameters.Sum(p => p.numel()), states.dtype, states.device);
        using var stepper = new RowStepper(solution.Term, (ExplicitRungeKutta)solution.Options.Method, states[0]);
        var sweep = new RowwiseGradient(solution, stepper, cotangents, parameterGradient);
        sweep.Run();
        Tensor initial = (sweep._adjoint + sweep.DirectStartGradient()).view(states.shape[1..]);
        return new OdeGradients(initial.MoveToOuterDisposeScope(), parameterGradient.MoveToOuterDisposeScope(), null);
    }

    private void Run()
    {
        int end = _trace.Steps.Count;
        for (int i = _trace.Checkpoints.Count - 1; i >= 0; i--)
        {
            using DisposeScope scope = NewDisposeScope();
            int start = i * _trace.Stride;
            var states = new List<Tensor> { _trace.Checkpoints[i] };
            for (int n = start; n + 1 < end; n++)
            {
                states.Add(Advance(_trace.Steps[n], states[^1]));
            }

            for (int n = end - 1; n >= start; n--)
            {
                _solution.Options.CancellationToken.ThrowIfCancellationRequested();
                Reverse(_trace.Steps[n], states[n - start]);
            }

            end = start;
        }
    }

    private Tensor Advance(RowStep step, Tensor states)
    {
        using DisposeScope scope = NewDisposeScope();
        (Tensor rows, Tensor times, Tensor sizes) = Read(step);
        (_, Tensor trial) = _stepper.Step(times, sizes, states.index_select(0, rows), null);
        return states.index_copy(0, rows, trial).MoveToOuterDisposeScope();
    }

    private void Reverse(RowStep step, Tensor states)
    {
        using DisposeScope scope = NewDisposeScope();
        (Tensor rows, Tensor times, Tensor sizes) = Read(step);
        Tensor start = states.index_select(0, rows).requires_grad_();
        var results = new List<Tensor>();
        using (enable_grad())
        {
            (List<Tensor> stages, Tensor trial) = _stepper.Step(times, sizes, start, null);
            results.Add(trial);
            if (step.Outputs.Length > 0)
            {
                _stepper.Extend(stages, times, sizes, start, _method.DenseStages);
                results.Add(_stepper.Interpolate(stages, sizes, start, step.Outputs));
            }
        }

        List<Tensor> cotangents = [_adjoint.index_select(0, rows)];
        if (step.Outputs.Length > 0)
        {
            Tensor places = tensor(step.Outputs.Select(o => (o.Output * _cotangents.shape[1]) + o.Row).ToArray(), ScalarType.Int64, states.device);
            cotangents.Add(_cotangents.view(-1, _cotangents.shape[2]).index_select(0, places));
        }

        IReadOnlyList<Tensor> parameters = _solution.Term.Parameters;
        List<Tensor> inputs = [start, .. parameters.Where(p => p.requires_grad)];
        IList<Tensor> gradients = autograd.grad(results, inputs, cotangents, allow_unused: true);
        FlatGradient.Add(_parameterGradient, parameters, gradients, 1);
        _adjoint.index_copy_(0, rows, gradients[0]);
    }

    // Outputs at a row's first time are its initial state.
    private Tensor DirectStartGradient()
    {
        Tensor direct = zeros_like(_adjoint);
        for (int row = 0; row < _solution.Times.Count; row++)
        {
            double[] times = _solution.Times[row];
            for (int k = 0; k < times.Length && times[k] == times[0]; k++)
            {
                direct[row].add_(_cotangents[k, row]);
            }
        }

        return direct;
    }

    private (Tensor Rows, Tensor Times, Tensor Sizes) Read(RowStep step) =>
        (tensor(step.Rows, ScalarType.Int64, _adjoint.device), tensor(step.Times, _adjoint.dtype, _adjoint.device), tensor(step.Sizes, _adjoint.dtype, _adjoint.device));
}
