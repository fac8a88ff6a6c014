using Microsoft.ML.Implicit.Differentiation;
using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Solvers.Ode;
using Microsoft.ML.Implicit.Solvers.Ode.Adjoints;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Layers.Ode;

/// <summary>
/// Differentiates a solve by the gradient method of its options. Its inputs are the initial state, the times and the parameters; what is
/// saved are the states and the checkpoints.
/// </summary>
/// <remarks>
/// A gradient that is to be differentiated again comes from repeating the accepted steps under autograd. They lie at given times: how the gradient depends on those is refused by <see cref="FixedTimesRule"/>.
/// </remarks>
internal sealed class OdeRule(OdeSolution record) : IBackwardRule
{
    /// <summary>States as one node of autograd's graph.</summary>
    /// <param name="solution">A differentiable solution, which is no longer needed afterwards.</param>
    /// <param name="initialState">What it set out from.</param>
    /// <param name="times">Its times.</param>
    /// <param name="parameters">Of the term that was solved.</param>
    public static Tensor Attach(OdeSolution solution, Tensor initialState, Tensor times, IReadOnlyList<Tensor> parameters) => ImplicitSolve.Attach(
        new OdeRule(solution.WithTensors(null, [])), [initialState, times, .. parameters], [solution.States], [solution.States, .. solution.Trace!.Checkpoints])[0];

    public IReadOnlyList<Tensor?> Backward(IReadOnlyList<Tensor> inputs, IReadOnlyList<Tensor> saved, IReadOnlyList<Tensor> cotangents)
    {
        using OdeSolution solution = record.WithTensors(saved[0].detach(), [.. saved.Skip(1).Select(s => s.detach())]);
        OdeGradients gradients = solution.Backward(cotangents[0], timeGradients: inputs[1].requires_grad);
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
        var gate = new GradientGate();
        Tensor start = FunctionInputs.Gated([inputs[0].requires_grad ? inputs[0] : inputs[0].detach().requires_grad_()], gate)[0];
        Tensor[] parameters = FunctionInputs.Gated([.. inputs.Skip(2)], gate);
        OdeSolution followed = FollowedSolution.Of(record.WithTensors(saved[0].detach(), []), cotangents[0]);
        Tensor w = cotangents[0].narrow(0, 0, followed.States.shape[0]);
        Tensor states = followed.Replay(parameters, start);
        Tensor[] variables = [start, .. parameters.Where(parameter => parameter.requires_grad)];
        Tensor?[] found = gate.WhileClosed(() => GuardedAutograd.DifferentiablePullback(states, variables, w));
        Tensor initial = found[0] ?? zeros_like(start);
        Tensor? times = inputs[1].requires_grad ? record.AtAllTimes(TimeGradient.Of(followed, followed.Scheme.Bind(parameters), states, w, initial - w[0])).to(inputs[1].dtype, inputs[1].device) : null;
        int next = 1;
        Tensor?[] gradients = [initial, times, .. parameters.Select(parameter => parameter.requires_grad ? found[next++] ?? zeros_like(parameter) : null)];
        return inputs[1].requires_grad ? FixedTimesRule.Mark(gradients, inputs[1]) : gradients;
    }
}
