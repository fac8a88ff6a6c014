using Microsoft.ML.Implicit.Layers.Flow;
using Microsoft.ML.Implicit.Solvers.Ode;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Tests.Layers.Flow;

/// <summary>Flows from Student's t distribution.</summary>
[TestClass]
public sealed class StudentBaseTests
{
    [TestMethod]
    public void The_density_has_its_known_values()
    {
        Assert.AreEqual(Math.Log(1 / Math.PI), Log(new RadialKernel(1, 1), 0), 1e-12, "Cauchy");
        Assert.AreEqual(Math.Log(1 / (2 * Math.PI)) - (1.5 * Math.Log(2)), Log(new RadialKernel(2, 1), 1), 1e-12, "Cauchy in the plane");
        Assert.AreEqual(Math.Log(3 / 8.0), Log(new RadialKernel(1, 4), 0), 1e-12);
        Assert.AreEqual(Log(new RadialKernel(3), 2), Log(new RadialKernel(3, 100_000), 2), 1e-4, "the limit is normal");

        static double Log(RadialKernel kernel, double square) => kernel.Log(square) - kernel.LogNormalization;
    }

    [TestMethod]
    [DataRow(1, 3)]
    [DataRow(2, 1)]
    [DataRow(3, 5)]
    [DataRow(3, null)]
    public void The_density_integrates_to_one(int dimension, int? degrees)
    {
        var kernel = new RadialKernel(dimension, degrees);
        double area = Math.Exp(Math.Log(2) + (0.5 * dimension * Math.Log(Math.PI)) - RadialKernel.LogGammaOfHalf(dimension));
        double sum = 0;
        const double Width = 1e-3;

        // By the log of the radius.
        for (double t = -15; t < 25; t += Width)
        {
            double radius = Math.Exp(t + (Width / 2));
            sum += Math.Exp(kernel.Log(radius * radius) - kernel.LogNormalization) * area * Math.Pow(radius, dimension) * Width;
        }

        Assert.AreEqual(1, sum, 1e-5);
    }

    [TestMethod]
    public void The_score_is_the_gradient_of_the_log_density()
    {
        using DisposeScope scope = NewDisposeScope();
        using var seed = new Generator(1);
        var distribution = new FlowBase(new ProductManifold(3, 2), 4);
        Tensor points = randn(6, 5, ScalarType.Float64, generator: seed), score = distribution.Score(points);
        for (int j = 0; j < 5; j++)
        {
            Tensor step = zeros_like(points);
            step.select(1, j).fill_(1e-5);
            Tensor difference = (distribution.LogDensity(points + step) - distribution.LogDensity(points - step)) / 2e-5;
            Assert.AreEqual(0, (difference - score.select(1, j)).abs().max().item<double>(), 1e-8);
        }
    }

    [TestMethod]
    public void Gradients_of_the_loss_are_those_of_finite_differences()
    {
        using DisposeScope scope = NewDisposeScope();
        using var seed = new Generator(1);
        var steps = new OdeOptions { Method = OdeMethods.RungeKutta4, StepControl = new FixedStepControl(0.5) };
        var flow = new NormalizingFlow(new FlowDynamics(2, [4], seed), new FlowOptions { Solver = steps, DegreesOfFreedom = 3, KineticPenalty = 0, JacobianPenalty = 0 });
        flow.to(ScalarType.Float64);
        Tensor data = 3 * randn(20, 2, ScalarType.Float64, generator: seed);
        flow.Backward(data, seed);
        using IDisposable noGradient = no_grad();
        foreach (Tensor parameter in flow.parameters())
        {
            Tensor flat = parameter.view(-1), gradient = parameter.grad!.view(-1);
            for (long i = 0; i < flat.shape[0]; i += 3)
            {
                double difference = (Loss(i, 1e-5) - Loss(i, -1e-5)) / 2e-5;
                Assert.AreEqual(difference, gradient[i].item<double>(), 1e-7);
            }

            double Loss(long i, double step)
            {
                flat[i].add_(step);
                double loss = -flow.LogDensity(data).mean().item<double>();
                flat[i].sub_(step);
                return loss;
            }
        }
    }

    [TestMethod]
    public void Samples_have_the_tails_of_the_distribution()
    {
        using DisposeScope scope = NewDisposeScope();
        using var seed = new Generator(1);
        var dynamics = new FlowDynamics(1, [4], seed);
        dynamics.ClearOutput();
        var flow = new NormalizingFlow(dynamics, new FlowOptions { DegreesOfFreedom = 3 });
        Tensor rows = flow.Sample(40_000, seed).abs();

        // P(|t| > 3.182) = 0.05 and P(|t| > 5.841) = 0.01.
        Assert.AreEqual(0.05, rows.gt(3.182).to(ScalarType.Float64).mean().item<double>(), 0.005);
        Assert.AreEqual(0.01, rows.gt(5.841).to(ScalarType.Float64).mean().item<double>(), 0.002);
    }

    [TestMethod]
    public void Degrees_of_freedom_that_are_not_positive_are_refused()
    {
        using DisposeScope scope = NewDisposeScope();
        using var seed = new Generator(1);
        var dynamics = new FlowDynamics(1, [4], seed);
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => new NormalizingFlow(dynamics, new FlowOptions { DegreesOfFreedom = 0 }));
    }
}
