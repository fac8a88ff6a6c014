using Microsoft.ML.Implicit.Layers.Flow;
using Microsoft.ML.Implicit.Solvers.Ode;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Tests.Layers.Flow;

/// <summary>The flow of the golden file <c>cnf_exact</c>, in closed form and as a module differentiated by autograd.</summary>
internal static class GoldenFlow
{
    public static readonly string[] ParameterNames = ["W1", "w_t", "b1", "W2", "b2"];

    public static readonly FlowOptions Tight = new()
    {
        Solver = new OdeOptions { StepControl = new PiStepControl { RelativeTolerance = 1e-12, AbsoluteTolerance = 1e-12 } },
        KineticPenalty = 0,
        JacobianPenalty = 0,
    };

    public static NormalizingFlow Create(Golden golden, bool closedForm, FlowOptions? options = null)
    {
        if (!closedForm)
        {
            return new NormalizingFlow([new Module(golden)], 3, options ?? Tight);
        }

        using var generator = new Generator(1);
        var dynamics = new FlowDynamics(3, [16], generator);
        dynamics.to(ScalarType.Float64);
        using IDisposable noGrad = no_grad();
        foreach ((Tensor parameter, string name) in dynamics.Parameters.Zip(ParameterNames))
        {
            parameter.copy_(golden[name]);
        }

        return new NormalizingFlow(dynamics, options ?? Tight);
    }

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
