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
        Tensor value = FunctionValues.Evaluate(function, state, [.. inputs.Skip(2)]);
        Tensor product = autograd.grad([value], [state], [z], retain_graph: true, create_graph: true, allow_unused: true)[0];
        return product.IsInvalid ? inputs[0] : product.Plus(inputs[0]);
    }
}
