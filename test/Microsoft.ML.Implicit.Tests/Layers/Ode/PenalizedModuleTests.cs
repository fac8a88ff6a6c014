using Microsoft.ML.Implicit.Differentiation;
using Microsoft.ML.Implicit.Layers.Ode;
using Microsoft.ML.Implicit.Solvers.Ode;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Tests.Layers.Ode;

[TestClass]
public sealed class PenalizedModuleTests
{
    private const DynamicsPenalties Both = DynamicsPenalties.KineticEnergy | DynamicsPenalties.JacobianNorm;

    [TestMethod]
    public void Penalties_equal_their_definitions()
    {
        using DisposeScope scope = NewDisposeScope();
        (PenalizedModule module, nn.Module<Tensor, Tensor, Tensor> dynamics, Tensor z) = Create();
        Tensor time = tensor(0.4, ScalarType.Float64);
        using IDisposable noGrad = no_grad();
        Tensor value = module.forward(time, module.Extend(z));
        Assert.IsFalse(value.requires_grad);
        Tensor slope = dynamics.forward(time, z);
        var product = new Tensor[4];
        for (int j = 0; j < product.Length; j++)
        {
            Tensor step = zeros_like(z);
            step.select(1, j).fill_(1e-5);
            product[j] = ((dynamics.forward(time, z + step) - dynamics.forward(time, z - step)) / 2e-5 * module.Direction!).sum(dim: 1);
        }

        Assert.IsLessThan(1e-12, (slope - value.narrow(1, 0, 4)).abs().max().item<double>());
        Assert.IsLessThan(1e-12, (slope.square().mean([1]) - value.select(1, 4)).abs().max().item<double>());
        Assert.IsLessThan(1e-8, (stack(product, 1).square().mean([1]) - value.select(1, 5)).abs().max().item<double>());
    }

    [TestMethod]
    public void Gradients_of_the_integrated_penalties_equal_finite_differences()
    {
        using DisposeScope scope = NewDisposeScope();
        (PenalizedModule module, _, Tensor z) = Create();
        var layer = new NeuralOde(module, new OdeOptions { StepControl = new PiStepControl { RelativeTolerance = 1e-10, AbsoluteTolerance = 1e-10 } });
        Tensor times = tensor(new[] { 0.0, 1 });
        Tensor start = z.clone().requires_grad_();
        ImplicitBackward.Run(() => Loss(start).backward());
        double Scalar()
        {
            using IDisposable noGrad = no_grad();
            return Loss(z).item<double>();
        }

        Tensor Loss(Tensor from) => layer.forward(module.Extend(from), times)[1].narrow(1, 4, 2).sum();
        Assert.IsLessThan(1e-5, (FiniteDifferences.Gradient(z, Scalar, 1e-4) - start.grad!).abs().max().item<double>());
        TorchSharp.Modules.Parameter bias = module.parameters().Last();
        using Tensor variable = bias.detach();
        Assert.IsLessThan(1e-5, (FiniteDifferences.Gradient(variable, Scalar, 1e-4) - bias.grad!).abs().max().item<double>());
    }

    [TestMethod]
    public void Derivatives_of_the_trajectory_are_those_of_its_closed_form()
    {
        // z' = z cos t, z'' = z (cos² t - sin t), z''' = z cos t (cos² t - 3 sin t - 1).
        using DisposeScope scope = NewDisposeScope();
        const DynamicsPenalties derivatives = DynamicsPenalties.SecondDerivative | DynamicsPenalties.ThirdDerivative;
        const double t = 0.7;
        var module = new PenalizedModule(new Swing(), derivatives);
        Tensor z = tensor(new[] { 1.0, -2, 0.5, 3 }, [2, 2]);
        (double cos, double sin) = (Math.Cos(t), Math.Sin(t));
        Tensor value = module.forward(tensor(t, ScalarType.Float64), module.Extend(z));
        Assert.IsLessThan(1e-12, ((z * ((cos * cos) - sin)).square().mean([1]) - value.select(1, 2)).abs().max().item<double>());
        Assert.IsLessThan(1e-12, ((z * (cos * ((cos * cos) - (3 * sin) - 1))).square().mean([1]) - value.select(1, 3)).abs().max().item<double>());

        var still = new PenalizedModule(new Drift(), derivatives);
        Assert.AreEqual(0, still.forward(tensor(t, ScalarType.Float64), still.Extend(z)).narrow(1, 2, 2).abs().max().item<double>());
    }

    [TestMethod]
    public void Second_derivatives_by_autograd_are_those_of_the_closed_form()
    {
        using DisposeScope scope = NewDisposeScope();
        using var generator = new Generator(1);
        var dynamics = new MlpDynamics(3, [5], generator, time: TimeConditioning.Concatenate);
        dynamics.to(ScalarType.Float64);
        Tensor z = randn(4, 3, ScalarType.Float64, generator: generator);
        var byAutograd = new PenalizedModule(dynamics, DynamicsPenalties.SecondDerivative);
        var closed = new PenalizedDynamics(dynamics, DynamicsPenalties.SecondDerivative);
        Tensor expected = closed.Evaluate(0.3, closed.Extend(z)), actual = byAutograd.forward(tensor(0.3, ScalarType.Float64), byAutograd.Extend(z));
        Assert.IsLessThan(1e-12, (expected - actual).abs().max().item<double>());
    }

    [TestMethod]
    public void What_is_not_available_is_refused()
    {
        using DisposeScope scope = NewDisposeScope();
        (PenalizedModule module, _, Tensor z) = Create();
        using var generator = new Generator(1);
        Assert.ThrowsExactly<ArgumentException>(() => new PenalizedDynamics(new MlpDynamics(2, [4], generator), DynamicsPenalties.ThirdDerivative));
        module.Direction = null;
        Assert.ThrowsExactly<InvalidOperationException>(() => module.forward(tensor(0.0, ScalarType.Float64), module.Extend(z)));
    }

    private static (PenalizedModule Module, nn.Module<Tensor, Tensor, Tensor> Dynamics, Tensor State) Create()
    {
        Golden golden = Golden.Load("ode_mlp");
        nn.Module<Tensor, Tensor, Tensor> dynamics = GoldenDynamics.Autograd(golden);
        Tensor z = golden["z0"].narrow(0, 0, 2).clone();
        return (new PenalizedModule(dynamics, Both) { Direction = arange(8, dtype: ScalarType.Float64).view(2, 4).sin() }, dynamics, z);
    }

    private sealed class Swing() : nn.Module<Tensor, Tensor, Tensor>("swing")
    {
        public override Tensor forward(Tensor time, Tensor state) => state * time.cos();
    }

    private sealed class Drift() : nn.Module<Tensor, Tensor, Tensor>("drift")
    {
        public override Tensor forward(Tensor time, Tensor state) => ones_like(state);
    }
}
