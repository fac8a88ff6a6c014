using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Solvers.Ode.Adjoints;
using Microsoft.ML.Implicit.Solvers.Sde.Stepping;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Sde.Adjoints;

/// <summary>
/// The adjoint of the discrete solution: a sweep backward over the accepted steps, each repeated with an autograd graph of that step alone. What a
/// step starts from is computed from checkpoints or, for a method that can be reversed, from what the next one starts from.
/// </summary>
internal sealed class SdeAdjoint : IDisposable
{
    private readonly SdeRecord _record;
    private readonly DrivenEquation _driven;
    private readonly IReadOnlyList<Tensor> _parameters;
    private readonly Tensor _cotangents;
    private readonly Tensor _parameterGradient;
    private readonly Tensor _adjoint;
    private int _output;

    private SdeAdjoint(SdeRecord record, StochasticEquation equation, IReadOnlyList<Tensor> parameters, Tensor start, Tensor like, Tensor cotangents)
    {
        _record = record;
        _driven = new DrivenEquation(equation, record.Path, start);
        _parameters = parameters;
        _cotangents = cotangents;
        _parameterGradient = zeros(parameters.Sum(p => p.numel()), start.dtype, start.device);
        _adjoint = zeros_like(like);
        _output = record.Trace!.OutputSteps.Count - 1;
    }

    /// <summary>Runs the sweep.</summary>
    /// <param name="record">The solve.</param>
    /// <param name="equation">Its equation, with parameters that are leaves.</param>
    /// <param name="parameters">Those parameters.</param>
    /// <param name="start">Initial state, without a graph.</param>
    /// <param name="saved">States at checkpoints, or the last state where the method is reversed.</param>
    /// <param name="cotangents">Gradients of the states, <c>[times, rows, dimension]</c>.</param>
    /// <returns>Gradients of the initial state and, as one vector, of the parameters.</returns>
    public static (Tensor Start, Tensor Parameters) Run(
        SdeRecord record, StochasticEquation equation, IReadOnlyList<Tensor> parameters, Tensor start, IReadOnlyList<Tensor> saved, Tensor cotangents)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGrad = no_grad();
        if (record.Trace!.Steps.Count == 0)
        {
            return (cotangents[0].clone().MoveToOuterDisposeScope(), zeros(parameters.Sum(p => p.numel()), start.dtype, start.device).MoveToOuterDisposeScope());
        }

        using var sweep = new SdeAdjoint(record, equation, parameters, start, saved[^1], cotangents);
        if (record.Trace.MaximumCheckpoints == 0)
        {
            sweep.Undo(saved[0]);
        }
        else
        {
            new CheckpointSweep(record.Steps, sweep.Advance, sweep.Reverse).Run(record.Trace.Steps.Count, saved, record.Trace.Stride);
        }

        Tensor initial = sweep.ReverseBeginning(start).PlusInPlace(cotangents[0]);
        return (initial.MoveToOuterDisposeScope(), sweep._parameterGradient.MoveToOuterDisposeScope());
    }

    /// <inheritdoc/>
    public void Dispose() => _driven.Dispose();

    // Steps backward from the last state.
    private void Undo(Tensor end)
    {
        Tensor state = end;
        for (int i = _record.Trace!.Steps.Count - 1; i >= 0; i--)
        {
            _record.Steps.CancellationToken.ThrowIfCancellationRequested();
            using DisposeScope scope = NewDisposeScope();
            Tensor before = _record.Method.Reverse(_record.StepOf(_driven, i), state).MoveToOuterDisposeScope();
            Reverse(i, before);
            if (!ReferenceEquals(state, end))
            {
                state.Dispose();
            }

            state = before;
        }
    }

    private Tensor Advance(int index, Tensor state)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor result = SdeIntegrator.Take(_record.Method, _record.StepOf(_driven, index), state).State;
        return (ReferenceEquals(result, state) ? result.clone() : result).MoveToOuterDisposeScope();
    }

    private void Reverse(int index, Tensor state)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor start = state.detach().requires_grad_();
        List<Tensor> results = [];
        List<Tensor> cotangents = [_adjoint];
        using (enable_grad())
        {
            results.Add(SdeIntegrator.Take(_record.Method, _record.StepOf(_driven, index), start).State);
            if (_output >= 0 && _record.Trace!.OutputSteps[_output] == index)
            {
                results.Add(_record.Method.SolutionOf(results[0], _driven.Dimension));
                cotangents.Add(_cotangents[_output + 1]);
                _output--;
            }
        }

        _adjoint.copy_(Pullback(results, start, cotangents));
    }

    private Tensor ReverseBeginning(Tensor initialState)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor start = initialState.detach().requires_grad_();
        using IDisposable graph = enable_grad();
        Tensor beginning = _record.Method.Begin(_record.BeginningOf(_driven), start);
        return Pullback([beginning], start, [_adjoint]).clone().MoveToOuterDisposeScope();
    }

    private Tensor Pullback(IReadOnlyList<Tensor> results, Tensor start, IReadOnlyList<Tensor> cotangents)
    {
        Tensor?[] gradients = GuardedAutograd.Pullback(results, [start, .. _parameters.Where(p => p.requires_grad)], cotangents, _driven.Equation);
        FlatGradient.Add(_parameterGradient, _parameters, gradients, 1);
        return gradients[0] ?? zeros_like(start);
    }
}
