using Microsoft.ML.Implicit.Differentiation;
using Microsoft.ML.Implicit.Native;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Roots;

/// <summary>(∂g/∂z)ᵀ u + w = 0 as an equation in u; its inputs are w, z and those of g.</summary>
internal sealed class AdjointEquation(IDifferentiableFunction function) : IDifferentiableFunction
{
    public Tensor Evaluate(Tensor z, IReadOnlyList<Tensor> inputs)
    {
        using IDisposable graph = enable_grad();
        Tensor state = inputs[1].requires_grad ? inputs[1] : inputs[1].detach().requires_grad_();
        Tensor value = function.EvaluateChecked(state, [.. inputs.Skip(2)]);
        Tensor? product = GuardedAutograd.DifferentiablePullback(value, [state], z)[0];
        return product is null ? inputs[0].alias() : product.Plus(inputs[0]);
    }

    public override string ToString() => $"the adjoint equation of {function}";
}
