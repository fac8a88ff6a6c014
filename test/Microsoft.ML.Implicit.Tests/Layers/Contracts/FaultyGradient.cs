using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Tests.Layers.Contracts;

/// <summary>The identity with a backward pass that is NaN or of a wrong shape.</summary>
internal sealed class FaultyGradient : autograd.SingleTensorFunction<FaultyGradient>
{
    public override string Name => nameof(FaultyGradient);

    public static Tensor Of(Tensor input, Fault fault) => apply(input, fault);

    public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
    {
        ctx.save_data(nameof(Fault), vars[1]);
        return ((Tensor)vars[0]).clone();
    }

    public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output) =>
        [(Fault)ctx.get_data(nameof(Fault)) == Fault.GradientIsNan ? grad_output * double.NaN : ones(5, 7, grad_output.dtype), null!];
}
