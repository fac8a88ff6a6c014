using Microsoft.ML.Implicit.Differentiation;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Roots;

/// <summary>g(z, inputs) given by a function made of operations that autograd follows.</summary>
/// <param name="function">g, from <c>[rows, ...]</c> and the inputs to the shape of the state, row by row.</param>
public sealed class RootEquation(Func<Tensor, IReadOnlyList<Tensor>, Tensor> function) : IDifferentiableFunction
{
    private readonly Func<Tensor, IReadOnlyList<Tensor>, Tensor> _function = function ?? throw new ArgumentNullException(nameof(function));

    /// <inheritdoc/>
    public Tensor Evaluate(Tensor z, IReadOnlyList<Tensor> inputs) => _function(z, inputs);

    /// <inheritdoc/>
    public override string ToString() => "the equation";
}
