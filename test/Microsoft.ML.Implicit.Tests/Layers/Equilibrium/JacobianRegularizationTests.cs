using Microsoft.ML.Implicit.Layers.Equilibrium;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Tests.Layers.Equilibrium;

[TestClass]
public class JacobianRegularizationTests
{
    private DisposeScope? _scope;

    [TestInitialize]
    public void Enter() => _scope = NewDisposeScope();

    [TestCleanup]
    public void Leave() => _scope?.Dispose();

    [TestMethod]
    public void The_mean_of_many_estimates_is_the_squared_Frobenius_norm()
    {
        using var generator = new Generator(2);
        Golden golden = Golden.Load("deq_tanh");
        var cell = new TanhCell(golden["W"], golden["U"], golden["b"]);
        Tensor z = golden["z"];
        Tensor slope = 1 - z.square();
        double expected = (slope.unsqueeze(1) * golden["W"]).square().sum().item<double>() / z.numel();
        double mean = Enumerable.Range(0, 2000).Average(_ => JacobianRegularization.FrobeniusNorm(cell, z, golden["x"], generator).item<double>());
        Assert.AreEqual(expected, mean, 0.01 * expected);
    }

    [TestMethod]
    public void Its_gradient_matches_finite_differences()
    {
        const double Step = 1e-5;
        CellCase test = CellCase.Dense();
        Tensor z = randn_like(test.Cell.InitialState(test.X));
        Estimate().backward();
        foreach ((string name, TorchSharp.Modules.Parameter parameter) in test.Cell.named_parameters().Where(p => p.name is "inner_weight" or "outer_weight" or "injection_weight"))
        {
            Tensor entry = parameter.detach().view(-1)[1];
            double gradient = parameter.grad!.view(-1)[1].item<double>();
            entry.add_(Step);
            double above = Estimate().item<double>();
            entry.sub_(2 * Step);
            double below = Estimate().item<double>();
            entry.add_(Step);
            Assert.AreEqual((above - below) / (2 * Step), gradient, 1e-7 * Math.Max(1, Math.Abs(gradient)), name);
        }

        Tensor Estimate()
        {
            using var generator = new Generator(11);
            return JacobianRegularization.FrobeniusNorm(test.Cell, z, test.X, generator);
        }
    }
}
