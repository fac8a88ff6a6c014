using Microsoft.ML.Implicit.Layers.Ode;
using Microsoft.ML.Implicit.Solvers.Ode;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Tests.Layers.Ode;

[TestClass]
public class ConcurrentGradientTests
{
    [TestMethod]
    public void Threads_that_share_a_module_get_the_gradients_of_one_alone()
    {
        Golden golden = Golden.Load("ode_mlp");
        nn.Module<Tensor, Tensor, Tensor> module = GoldenDynamics.Autograd(golden);
        NeuralOde[] layers = [new NeuralOde(module), new NeuralOde(module)];
        Parallel.For(0, 64, new ParallelOptions { MaxDegreeOfParallelism = 8 }, i =>
        {
            using DisposeScope scope = NewDisposeScope();
            Tensor start = golden["z0"] * (1 + (i % 4));
            using OdeSolution solution = layers[i % 2].Solve(start, [0, 0.5], differentiable: true);
            using OdeGradients gradients = solution.Backward(ones_like(solution.States));
            using var alone = new NeuralOde(GoldenDynamics.Autograd(golden));
            using OdeSolution expectedSolution = alone.Solve(start, [0, 0.5], differentiable: true);
            using OdeGradients expected = expectedSolution.Backward(ones_like(solution.States));
            Assert.IsTrue(gradients.Parameters.allclose(expected.Parameters, 1e-12, 1e-12));
            Assert.IsTrue(gradients.InitialState.allclose(expected.InitialState, 1e-12, 1e-12));
        });
    }
}
