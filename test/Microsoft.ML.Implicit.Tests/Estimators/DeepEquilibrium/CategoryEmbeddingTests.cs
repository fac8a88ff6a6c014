using Microsoft.ML.Implicit.Estimators;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Tests.Estimators.DeepEquilibrium;

[TestClass]
public sealed class CategoryEmbeddingTests
{
    private static readonly int[] Levels = [5, 300];

    [TestMethod]
    [DataRow(1)]
    [DataRow(3)]
    public void Values_and_gradients_are_those_of_indicators(int networks)
    {
        const int rows = 40, numbers = 2;
        using DisposeScope scope = NewDisposeScope();
        using var generator = new Generator(1, CPU);
        using var embedding = new CategoryEmbedding(numbers + Levels.Length, Levels, networks > 1 ? networks : null);
        using (no_grad())
        {
            embedding.parameters().ToList().ForEach(table => table.normal_(generator: generator));
        }

        Tensor[] places = [.. Levels.Select(levels => randint(0, levels + 1, [networks * rows], generator: generator))];
        Tensor encoded = cat([randn(networks * rows, numbers, generator: generator), stack(places, 1)], 1);
        Tensor embedded = embedding.forward(encoded);
        Assert.AreEqual(embedding.Width, embedded.shape[1]);
        Tensor cotangent = randn(embedded.shape, generator: generator);
        embedded.backward([cotangent]);
        Assert.IsTrue(embedded.narrow(1, 0, numbers).allclose(encoded.narrow(1, 0, numbers), 0, 0));

        long first = numbers;
        for (int i = 0; i < Levels.Length; i++)
        {
            Tensor table = embedding.get_parameter($"table{i}")!.reshape(networks, Levels[i] + 1, -1);
            Tensor indicators = nn.functional.one_hot(places[i].to(ScalarType.Int64), Levels[i] + 1).to(ScalarType.Float32).view(networks, rows, -1);
            Tensor Part(Tensor values) => values.narrow(1, first, table.shape[2]).reshape(networks, rows, -1);
            Assert.IsTrue(Part(embedded).allclose(indicators.bmm(table), 1e-5, 1e-6));
            Assert.IsTrue(embedding.get_parameter($"table{i}")!.grad!.reshape(table.shape).allclose(indicators.mT.bmm(Part(cotangent)), 1e-5, 1e-6));
            first += table.shape[2];
        }
    }

    [TestMethod]
    [DataRow(1, 1)]
    [DataRow(2, 2)]
    [DataRow(3, 3)]
    [DataRow(16, 8)]
    [DataRow(10_000, 50)]
    public void Vectors_are_longer_for_more_levels(int levels, int expected) => Assert.AreEqual(expected, CategoryEmbedding.Dimension(levels));
}
