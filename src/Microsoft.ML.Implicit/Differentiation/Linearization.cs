using Microsoft.ML.Implicit.LinearAlgebra;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Differentiation;

/// <summary>A function g(z, inputs) at one point: its value, and products with its Jacobians as often as asked.</summary>
/// <remarks>As a <see cref="RowOperator"/> it is ∂g/∂z, on the state's rows as vectors <c>[rows, width]</c>.</remarks>
public abstract class Linearization : RowOperator
{
    /// <summary>Creates a linearisation at a state.</summary>
    /// <param name="state">z, <c>[rows, ...]</c>.</param>
    protected Linearization(Tensor state)
        : base((state ?? throw new ArgumentNullException(nameof(state))).shape[0], state.shape.Skip(1).Aggregate(1L, (width, size) => width * size), state.dtype, state.device)
    {
    }

    /// <summary>g, <c>[rows, width]</c>, without a graph.</summary>
    public abstract Tensor Value { get; }

    /// <summary>Products with the transposed Jacobians with respect to the inputs.</summary>
    /// <param name="cotangent">u, <c>[rows, width]</c>.</param>
    /// <returns>(∂g/∂input)ᵀ u for each input that requires a gradient, null for the others; without a graph.</returns>
    public abstract IReadOnlyList<Tensor?> PullbackInputs(Tensor cotangent);
}
