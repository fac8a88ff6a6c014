using Microsoft.ML.Implicit.Layers.Fields;
using Microsoft.ML.Implicit.Layers.Fields.Terms;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Benchmarks.Quality.Fields;

/// <summary>−∂²u/∂x² − ∂⁴u/∂x⁴, what the equation of Kuramoto and Sivashinsky has beside the transport of the field by itself.</summary>
internal sealed class Instability() : FieldTerm(nameof(Instability))
{
    public override int HighestDerivative => 4;

    public override Tensor forward(FieldState state) => state.Derivative(0, 2).neg() - state.Derivative(0, 4);
}
