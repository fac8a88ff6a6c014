using Microsoft.ML.Implicit.Layers.Ode;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Tests.Layers.Ode;

/// <summary>The dynamics of the golden file <c>ode_mlp</c>, in closed form and as a module differentiated by autograd.</summary>
internal static class GoldenDynamics
{
    public static readonly string[] ParameterNames = ["W1", "w_t", "b1", "W2", "b2"];

    public static MlpDynamics ClosedForm(Golden golden)
    {
        using var generator = new Generator(1);
        var dynamics = new MlpDynamics(4, [16], generator, time: TimeConditioning.Concatenate);
        dynamics.to(ScalarType.Float64);
        using IDisposable noGrad = no_grad();
        foreach ((Tensor parameter, string name) in dynamics.Parameters.Zip(ParameterNames))
        {
            parameter.copy_(golden[name]);
        }

        return dynamics;
    }

    public static nn.Module<Tensor, Tensor, Tensor> Autograd(Golden golden) => new Module(golden);

    private sealed class Module : nn.Module<Tensor, Tensor, Tensor>
    {
        private readonly TorchSharp.Modules.Parameter _w1;
        private readonly TorchSharp.Modules.Parameter _wt;
        private readonly TorchSharp.Modules.Parameter _b1;
        private readonly TorchSharp.Modules.Parameter _w2;
        private readonly TorchSharp.Modules.Parameter _b2;

        public Module(Golden golden)
            : base("golden")
        {
            (_w1, _wt, _b1, _w2, _b2) = (new(golden["W1"]), new(golden["w_t"]), new(golden["b1"]), new(golden["W2"]), new(golden["b2"]));
            RegisterComponents();
        }

        public override Tensor forward(Tensor time, Tensor state) =>
            tanh(state.matmul(_w1) + time * _wt + _b1).matmul(_w2) + _b2;
    }
}
