using Microsoft.ML.Implicit.Differentiation;
using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Solvers.Ode;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Layers.Ode;

/// <summary>
/// Differentiates a solve by the gradient method of its options. Its inputs are the initial state, the times and the parameters; what is
/// saved are the states and the checkpoints.
/// </summary>
/// <remarks>A gradient that is to be differentiated again comes from repeating the accepted steps under autograd.</remarks>
internal sealed class OdeRule(IDifferentiableOdeTerm term, ISolutionRecord record) : IBackwardRule
{
    public IReadOnlyList<Tensor?> Backward(IReadOnlyList<Tensor> inputs, IReadOnlyList<Tensor> saved, IReadOnlyList<Tensor> cotangents)
    {
        using ISolutionRecord solution = record.WithTensors(saved[0].detach(), [.. saved.Skip(1).Select(s => s.detach())]);
        OdeGradients gradients = solution.Differentiate(cotangents[0], inputs[1].requires_grad);
        var result = new List<Tensor?> { gradients.InitialState, gradients.Times?.to(inputs[1].dtype, inputs[1].device) };
        long offset = 0;
        foreach (Tensor parameter in inputs.Skip(2))
        {
            result.Add(gradients.Parameters.narrow(0, offset, parameter.numel()).view(parameter.shape));
            offset += parameter.numel();
        }

        return result;
    }

    public IReadOnlyList<Tensor?> DifferentiableBackward(IReadOnlyList<Tensor> inputs, IReadOnlyList<Tensor> saved, IReadOnlyList<Tensor> cotangents)
    {
        if (record is not OdeSolution solution || !Backpropagation.CanReplay(solution.Options.Method))
        {
            throw new NotSupportedException(
                $"Second derivatives are known of solves with one step size for all rows by explicit Runge-Kutta methods and by methods that derive from {nameof(Solvers.Ode.OneStep.OneStepMethod)}: "
                + "choose one, or call backward without create_graph.");
        }

        var gate = new GradientGate();
        Tensor start = FunctionInputs.Gated([inputs[0].requires_grad ? inputs[0] : inputs[0].detach().requires_grad_()], gate)[0];
        IReadOnlyList<Tensor> parameters = FunctionInputs.Gated([.. inputs.Skip(2)], gate);
        IDifferentiableOdeTerm bound = term is IRebindableOdeTerm rebindable ? rebindable.Rebind(parameters) : term;
        Tensor w = cotangents[0];
        Backpropagation.EnsureFollowed(term, solution.Times[0], saved[0][0].detach().requires_grad_());
        Tensor states = Backpropagation.Replay(solution, bound, start).view([-1, .. w.shape[1..]]);
        Tensor[] variables = [start, .. parameters.Where(parameter => parameter.requires_grad)];
        Tensor?[] found = gate.WhileClosed(() => GuardedAutograd.DifferentiablePullback(states, variables, w.narrow(0, 1, w.shape[0] - 1)));
        Tensor? times = inputs[1].requires_grad ? TimeGradient(bound, solution, cat([start.unsqueeze(0), states]), found[0], w).to(inputs[1].dtype, inputs[1].device) : null;
        int next = 1;
        return
        [
            found[0] is { } initial ? initial.Plus(w[0]) : w[0],
            times,
            .. parameters.Select(parameter => parameter.requires_grad ? found[next++] : null),
        ];
    }

    // As in OdeGradient: the flow moves the state at a time, and starting later is starting at a state moved back.
    private static Tensor TimeGradient(IDifferentiableOdeTerm term, OdeSolution solution, Tensor states, Tensor? adjointAtStart, Tensor cotangents) => stack(
    [
        .. Enumerable.Range(0, solution.Times.Count).Select(k =>
        {
            Tensor slope = term.EvaluateChecked(solution.Times[k], states[k]);
            Tensor cotangent = k > 0 ? cotangents[k] : adjointAtStart?.neg() ?? zeros_like(slope);
            return (slope * cotangent).sum();
        }),
    ]);
}
