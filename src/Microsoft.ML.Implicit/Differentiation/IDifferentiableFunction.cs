using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Differentiation;

/// <summary>A function g(z, inputs) of a batch of states, row by row, made of operations that autograd follows.</summary>
/// <remarks>Rows must not influence one another: row i of g depends on row i of z alone.</remarks>
public interface IDifferentiableFunction
{
    /// <summary>Evaluates g.</summary>
    /// <param name="z">State <c>[rows, ...]</c>, never to be written to.</param>
    /// <param name="inputs">All else that g depends on and that is to be differentiated; parameters that g holds itself are listed too.</param>
    /// <returns>g, in the shape, type and device of <paramref name="z"/>.</returns>
    Tensor Evaluate(Tensor z, IReadOnlyList<Tensor> inputs);

    /// <summary>Linearises g at a state; by autograd unless products are known in closed form.</summary>
    /// <param name="z">State <c>[rows, ...]</c>, without a graph.</param>
    /// <param name="inputs">As in <see cref="Evaluate"/>.</param>
    /// <returns>The linearisation, in the caller's dispose scope.</returns>
    Linearization Linearize(Tensor z, IReadOnlyList<Tensor> inputs) => AutogradLinearization.Create(this, z, inputs);
}
