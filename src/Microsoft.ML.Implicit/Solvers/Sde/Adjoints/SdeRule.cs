using Microsoft.ML.Implicit.Differentiation;
using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Solvers.Ode.Stepping;
using Microsoft.ML.Implicit.Solvers.Sde.Stepping;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Sde.Adjoints;

/// <summary>
/// Differentiates a solve on a fixed path. Its inputs are the initial state and the parameters; what is saved are the checkpoints, or the last
/// state where the method is reversed.
/// </summary>
/// <remarks>A gradient that is to be differentiated again comes from repeating the accepted steps under autograd.</remarks>
internal sealed class SdeRule(SdeRecord record) : IBackwardRule
{
    /// <summary>Makes a solve one node of autograd's graph.</summary>
    /// <param name="record">The solve, whose tensors are the caller's to dispose.</param>
    /// <param name="initialState">Its initial state.</param>
    /// <returns>Its states, with a graph.</returns>
    public static Tensor Attach(SdeRecord record, Tensor initialState)
    {
        IReadOnlyList<Tensor> saved = record.End is { } end ? [end] : record.Trace!.Checkpoints;
        var rule = new SdeRule(record with { Trace = record.Trace!.WithoutCheckpoints(), End = null });
        return ImplicitSolve.Attach(rule, [initialState, .. record.Equation.Parameters], [record.Solution.States], saved)[0];
    }

    public IReadOnlyList<Tensor?> Backward(IReadOnlyList<Tensor> inputs, IReadOnlyList<Tensor> saved, IReadOnlyList<Tensor> cotangents)
    {
        record.ThrowIfFailed();
        Tensor[] parameters = FunctionInputs.Detached([.. inputs.Skip(1)]);
        StochasticEquation equation = record.Equation.WithParameters(parameters);
        Tensor start = inputs[0].detach();
        (Tensor initial, Tensor flat) = SdeAdjoint.Run(record, equation, parameters, start, [.. saved.Select(s => s.detach())], cotangents[0].to(start.dtype, start.device));
        SolveFailure.ThrowIfNotFinite(initial, flat, cotangents[0], equation);
        var result = new List<Tensor?> { initial };
        long offset = 0;
        foreach (Tensor parameter in parameters)
        {
            result.Add(flat.narrow(0, offset, parameter.numel()).view(parameter.shape));
            offset += parameter.numel();
        }

        return result;
    }

    public IReadOnlyList<Tensor?> DifferentiableBackward(IReadOnlyList<Tensor> inputs, IReadOnlyList<Tensor> saved, IReadOnlyList<Tensor> cotangents)
    {
        record.ThrowIfFailed();
        var gate = new GradientGate();
        Tensor start = FunctionInputs.Gated([inputs[0].requires_grad ? inputs[0] : inputs[0].detach().requires_grad_()], gate)[0];
        Tensor[] parameters = FunctionInputs.Gated([.. inputs.Skip(1)], gate);
        Tensor states = Replay(record.Equation.WithParameters(parameters), start);
        Tensor[] variables = [start, .. parameters.Where(parameter => parameter.requires_grad)];
        Tensor?[] found = gate.WhileClosed(() => GuardedAutograd.DifferentiablePullback(states, variables, cotangents[0]));
        int next = 1;
        return [found[0], .. parameters.Select(parameter => parameter.requires_grad ? found[next++] : null)];
    }

    // All states, with a graph through all steps.
    private Tensor Replay(StochasticEquation equation, Tensor start)
    {
        using var driven = new DrivenEquation(equation, record.Path, start);
        var outputs = new List<Tensor> { start };
        Tensor state = record.Method.Begin(record.BeginningOf(driven), start);
        for (int i = 0; i < record.Trace!.Steps.Count; i++)
        {
            record.Steps.CancellationToken.ThrowIfCancellationRequested();
            state = SdeIntegrator.Take(record.Method, record.StepOf(driven, i), state).State;
            if (record.Trace.OutputSteps[outputs.Count - 1] == i)
            {
                outputs.Add(record.Method.SolutionOf(state, driven.Dimension));
            }
        }

        return stack(outputs);
    }
}
