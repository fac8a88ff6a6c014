using Microsoft.ML.Implicit.Layers.Fields;
using Microsoft.ML.Implicit.Layers.Fields.Terms;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Benchmarks.Quality.Fields;

/// <summary>A reaction that no polynomial is: 6 u²/(1 + u²) − 2.5 u, which has two states to settle in.</summary>
internal sealed class Saturation() : FieldTerm(nameof(Saturation))
{
    public override int HighestDerivative => 0;

    public override Tensor forward(FieldState state)
    {
        Tensor squares = state.Value.pow(2);
        return (squares / (squares + 1) * 6) - (state.Value * 2.5);
    }
}
