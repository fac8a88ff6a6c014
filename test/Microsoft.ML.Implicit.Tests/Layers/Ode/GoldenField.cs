using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Tests.Layers.Ode;

/// <summary>The vector field of the golden file <c>cde_spline</c>: tanh(z W1 + b1) W2 + b2 as a matrix <c>[state, channels]</c> for each row.</summary>
internal sealed class GoldenField : nn.Module<Tensor, Tensor, Tensor>
{
    public static readonly string[] ParameterNames = ["W1", "b1", "W2", "b2"];

    private readonly Parameter _w1;
    private readonly Parameter _b1;
    private readonly Parameter _w2;
    private readonly Parameter _b2;

    public GoldenField(Golden golden)
        : base(nameof(GoldenField))
    {
        (_w1, _b1, _w2, _b2) = (new(golden["W1"]), new(golden["b1"]), new(golden["W2"]), new(golden["b2"]));
        RegisterComponents();
    }

    public override Tensor forward(Tensor time, Tensor state) =>
        (tanh(state.matmul(_w1) + _b1).matmul(_w2) + _b2).view([.. state.shape, _b2.numel() / state.shape[^1]]);
}
