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
    public void What_is_not_available_is_refused()
    {
        using DisposeScope scope = NewDisposeScope();
        (PenalizedModule module, nn.Module<Tensor, Tensor, Tensor> dynamics, Tensor z) = Create();
        Assert.ThrowsExactly<ArgumentException>(() => new PenalizedModule(dynamics, DynamicsPenalties.SecondDerivative));
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
}
