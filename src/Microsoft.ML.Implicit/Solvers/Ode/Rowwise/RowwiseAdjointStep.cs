using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Solvers.Ode.Adjoints;
using Microsoft.ML.Implicit.Solvers.Ode.Stepping;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Ode.Rowwise;

/// <summary>The adjoint of the steps of rows that step independently: each is repeated with an autograd graph of that step alone.</summary>
internal sealed class RowwiseAdjointStep : AdjointStep
{
    private readonly IRowTimeOdeTerm _term;
    private readonly RowRungeKutta _method;
    private readonly Tensor _parameterGradient;
    private readonly Tensor _adjoint;

    /// <param name="term">Right-hand side.</param>
    /// <param name="method">Method; owned.</param>
    /// <param name="state">A state, <c>[batch, ...]</c>, for its shape, type and device.</param>
    /// <param name="parameterGradient">Flat vector that the parameters' gradients are added to.</param>
    public RowwiseAdjointStep(IRowTimeOdeTerm term, RowRungeKutta method, Tensor state, Tensor parameterGradient)
    {
        _term = term;
        _method = method;
        _parameterGradient = parameterGradient;
        _adjoint = zeros([method.Batch, state.numel() / method.Batch], state.dtype, state.device).DetachFromDisposeScope();
    }

    public override Tensor Advance(StepRecord steps, Tensor state)
    {
        using DisposeScope scope = NewDisposeScope();
        if (steps.Clocks.Length == 0)
        {
            return state.clone().MoveToOuterDisposeScope();
        }

        Tensor states = state.view(_adjoint.shape);
        var clock = new RowClock(steps.Clocks, steps.Steps, states);
        var stages = new RowStages(_method, clock, states.index_select(0, clock.Rows));
        return states.index_copy(0, clock.Rows, stages.End).view(-1).MoveToOuterDisposeScope();
    }

    public override void Reverse(StepRecord steps, Tensor state, Tensor cotangents)
    {
        if (steps.Clocks.Length == 0)
        {
            return;
        }

        using DisposeScope scope = NewDisposeScope();
        var clock = new RowClock(steps.Clocks, steps.Steps, _adjoint);
        Tensor start = state.view(_adjoint.shape).index_select(0, clock.Rows).requires_grad_();
        List<Tensor> results = [];
        List<Tensor> own = [_adjoint.index_select(0, clock.Rows)];
        using (enable_grad())
        {
            var stages = new RowStages(_method, clock, start);
            results.Add(stages.End);
            if (stages.At(steps) is { } inside)
            {
                results.Add(inside);
                own.Add(cotangents.view(-1, _adjoint.shape[1]).index_select(0, tensor(steps.Places(_method.Batch), device: state.device)));
            }
        }

        IReadOnlyList<Tensor> parameters = _term.Parameters;
        Tensor?[] gradients = GuardedAutograd.Pullback(results, [start, .. parameters.Where(p => p.requires_grad)], own, _term);
        FlatGradient.Add(_parameterGradient, parameters, gradients, 1);
        _adjoint.index_copy_(0, clock.Rows, gradients[0] ?? zeros_like(start));
    }

    public override Tensor Finish() => _adjoint.view(-1).clone();

    protected override void Dispose(bool disposing)
    {
        _method.Dispose();
        _adjoint.Dispose();
    }
}
