using Microsoft.ML.Implicit.Differentiation;
using Microsoft.ML.Implicit.Native;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Optimization;

/// <summary>∂f/∂y = 0 as an equation in y, whose Jacobian is the undamped Hessian of f.</summary>
internal sealed class StationarityEquation(IRowObjective objective) : IDifferentiableFunction
{
    public Tensor Evaluate(Tensor z, IReadOnlyList<Tensor> inputs)
    {
        using IDisposable graph = enable_grad();
        Tensor state = z.requires_grad ? z : z.detach().requires_grad_();
        Tensor value = objective.Value(state, inputs);
        return GuardedAutograd.DifferentiablePullback(value, [state], ones_like(value))[0] ?? zeros_like(state);
    }

    public override string ToString() => objective.ToString() ?? "the objective";
}
