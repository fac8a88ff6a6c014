using Microsoft.ML.Implicit.Layers.Quadratic;
using Microsoft.ML.Implicit.Solvers.Quadratic;
using Microsoft.ML.Implicit.Tests.Solvers.Quadratic;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Tests.Layers.Quadratic;

[TestClass]
public class SecondDerivativeTests
{
    private static readonly string[] Names = ["Q", "p", "G", "h", "A", "b", "lower", "upper"];

    [TestMethod]
    [DataRow(true, false)]
    [DataRow(true, true)]
    [DataRow(false, false)]
    public void Hessian_products_match_differences_of_the_gradient(bool bounds, bool sharedMatrices)
    {
        const double Step = 1e-6;
        using DisposeScope scope = NewDisposeScope();
        Tensor?[] x = RandomPrograms.Arguments(seed: 5, batch: 3, n: 4, m: 3, k: 1, bounds, sharedMatrices);
        Tensor[] inputs = [.. x.OfType<Tensor>().Select(t => t.requires_grad_())];
        using var generator = new Generator(6);
        Tensor[] directions = [.. inputs.Select(t => randn(t.shape, ScalarType.Float64, generator: generator))];
        Tensor weights = randn([3, 4], ScalarType.Float64, generator: generator);
        using var layer = new QuadraticProgram(new InteriorPointSolver(new InteriorPointOptions { Tolerance = 1e-12, GapTolerance = 1e-12 }));

        Tensor[] products = HessianProducts.Of(Loss(), inputs, directions);
        Tensor[] differences = HessianProducts.ByDifferences(Loss, inputs, directions, Step);
        string[] names = [.. Names.Where((_, i) => x[i] is not null)];
        for (int i = 0; i < inputs.Length; i++)
        {
            Tensor expected = differences[i];
            Assert.IsLessThan(1e-4 * Math.Max(1, expected.abs().max().item<double>()), (products[i] - expected).abs().max().item<double>(), names[i]);
        }

        Tensor Loss()
        {
            QuadraticOutputs outputs = layer.forward(RandomPrograms.Problem(x));
            Tensor loss = (outputs.Z * weights).sum().square() + outputs.Lambda.square().sum() + outputs.Nu.square().sum();
            return bounds ? loss + (0.5 * outputs.UpperMultipliers!.square().sum()) : loss;
        }
    }
}
