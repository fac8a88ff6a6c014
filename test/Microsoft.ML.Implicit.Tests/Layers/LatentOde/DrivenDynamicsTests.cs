using Microsoft.ML.Implicit.Layers.LatentOde;
using Microsoft.ML.Implicit.Layers.Ode;
using Microsoft.ML.Implicit.Solvers.Ode;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Tests.Layers.LatentOde;

[TestClass]
public class DrivenDynamicsTests
{
    [TestMethod]
    public void Gradients_agree_with_finite_differences()
    {
        using DisposeScope scope = NewDisposeScope();
        using var generator = new Generator(1);
        MlpDynamics network = new MlpDynamics(5, [7], generator).to(ScalarType.Float64);
        Tensor controls = rand([4, 3, 2], ScalarType.Float64, generator: generator);
        var term = new DrivenDynamics(network, controls, 0.5);
        Tensor state = rand([3, 3], ScalarType.Float64, generator: generator);
        Tensor weight = rand([4, 3, 3], ScalarType.Float64, generator: generator);
        double[] times = [0, 0.5, 1, 1.5];
        var options = new OdeOptions { Method = OdeMethods.RungeKutta4, StepControl = new FixedStepControl(1) };
        double Loss()
        {
            using OdeSolution solution = OdeSolver.Solve(term, state, times, options);
            return (solution.States * weight).sum().ToDouble();
        }

        using OdeSolution differentiable = OdeSolver.Solve(term, state, times, options, differentiable: true);
        using OdeGradients gradients = differentiable.Backward(weight);
        AssertGradient(state, gradients.InitialState, Loss);
        Tensor parameter = network.Parameters[0];
        AssertGradient(parameter, gradients.Parameters.narrow(0, 0, parameter.numel()).view(parameter.shape), Loss);
    }

    private static void AssertGradient(Tensor input, Tensor gradient, Func<double> loss)
    {
        const double step = 1e-5;
        using IDisposable noGradient = no_grad();
        Tensor flat = input.view(-1);
        for (long i = 0; i < flat.numel(); i += 3)
        {
            double value = flat[i].item<double>();
            flat[i] = value + step;
            double above = loss();
            flat[i] = value - step;
            double below = loss();
            flat[i] = value;
            Assert.AreEqual((above - below) / (2 * step), gradient.view(-1)[i].item<double>(), 1e-7);
        }
    }
}
