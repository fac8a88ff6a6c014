using Microsoft.ML.Implicit.Layers.Equilibrium;
using Microsoft.ML.Implicit.Solvers.FixedPoint;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Tests.Layers.Equilibrium;

[TestClass]
public class StackedCellTests
{
    private const int Networks = 3;
    private const int Rows = 5;

    [TestMethod]
    [DataRow(7)]
    [DataRow(1)]
    public void Each_cell_of_a_stack_has_the_equilibria_and_gradients_it_has_alone(int inputWidth)
    {
        using DisposeScope scope = NewDisposeScope();
        using var generator = new Generator(1);
        DenseResidualCell stacked = DenseResidualCell.CreateStack(inputWidth, 8, generator, [0, 0, 0]);
        using (no_grad())
        {
            // Beyond the bound, so that the gradient passes through it too.
            stacked.state_dict()["inner_weight"].mul_(4);
        }

        Tensor x = randn(Networks * Rows, inputWidth, generator: generator).requires_grad_();
        Tensor weights = randn(Networks * Rows, 8, generator: generator);
        Tensor states = Backward(stacked, x, weights);
        for (int i = 0; i < Networks; i++)
        {
            var alone = new DenseResidualCell(inputWidth, 8, generator);
            CopyParameters(stacked, alone, i);
            Tensor rows = x.detach().narrow(0, i * Rows, Rows).requires_grad_();
            AssertClose(Backward(alone, rows, weights.narrow(0, i * Rows, Rows)), states.narrow(0, i * Rows, Rows));
            AssertClose(rows.grad!, x.grad!.narrow(0, i * Rows, Rows));
            foreach ((string name, TorchSharp.Modules.Parameter parameter) in alone.named_parameters())
            {
                AssertClose(parameter.grad!, stacked.named_parameters().Single(other => other.name == name).parameter.grad![i]);
            }
        }
    }

    [TestMethod]
    public void Every_cell_of_a_stack_drops_at_its_own_rate()
    {
        using DisposeScope scope = NewDisposeScope();
        using var generator = new Generator(1);
        Tensor dropped = Dropout.Of(ones(3000, 4), [0, 0.5, 0.9], generator);
        float[] kept = [.. dropped.view(3, -1).ne(0).to(ScalarType.Float32).mean([1]).data<float>()];
        Assert.AreEqual(1, kept[0]);
        Assert.AreEqual(0.5, kept[1], 0.05);
        Assert.AreEqual(0.1, kept[2], 0.03);
        Assert.AreEqual(10, dropped.max().item<float>(), 1e-4);
    }

    private static Tensor Backward(DenseResidualCell cell, Tensor x, Tensor weights)
    {
        var exact = new AndersonSolver(new AndersonSettings { RelativeTolerance = 1e-6, MaximumIterations = 100 });
        var layer = new DeepEquilibrium(cell, new EquilibriumSettings { ForwardSolver = exact, BackwardSolver = exact, ThrowOnFailure = false });
        return layer.Backward(x, state => (state * weights).sum()).Equilibrium.Solution;
    }

    private static void CopyParameters(DenseResidualCell stack, DenseResidualCell cell, int index)
    {
        using IDisposable noGraph = no_grad();
        Dictionary<string, Tensor> stacked = stack.state_dict();
        foreach ((string name, Tensor value) in cell.state_dict())
        {
            value.copy_(stacked[name][index]);
        }
    }

    private static void AssertClose(Tensor expected, Tensor actual) =>
        Assert.IsLessThan(1e-4, ((expected - actual).abs().max() / expected.abs().max()).item<float>());
}
