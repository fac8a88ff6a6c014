using Microsoft.ML.Implicit.Layers.Relaxations;
using Microsoft.ML.Implicit.Solvers.Relaxations;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Tests.Layers.Relaxations;

/// <summary>Signals and values on graphs smoothed by their total variation.</summary>
[TestClass]
public sealed class TotalVariationTests
{
    public static IEnumerable<object[]> Graphs =>
    [
        ["chain", EdgeGraph.Chain(9)],
        ["grid", EdgeGraph.Grid(4, 5)],
        ["ring", new EdgeGraph(7, [.. Enumerable.Range(0, 7).Select(i => (i, (i + 1) % 7))])],
        ["star and one alone", new EdgeGraph(6, [(0, 1), (0, 2), (0, 3), (0, 4)])],
    ];

    [TestMethod]
    [DynamicData(nameof(Graphs))]
    public void What_is_left_is_the_flow_of_a_dual_that_proves_the_minimum(string name, EdgeGraph graph)
    {
        using DisposeScope scope = NewDisposeScope();
        using var random = new Generator(3);
        foreach (double scale in new[] { 0.03, 0.3, 3 })
        {
            Tensor x = randn([20, graph.Nodes], ScalarType.Float64, generator: random), w = rand([20, graph.Edges.Count], ScalarType.Float64, generator: random) * scale;
            Tensor u = TotalVariation.Denoise(x, graph, w);
            Tensor from = tensor(graph.Edges.Select(edge => (long)edge.From).ToArray()), to = tensor(graph.Edges.Select(edge => (long)edge.To).ToArray());

            // Strong duality: any flow |z| ≤ w has a dual value below the primal one. Projected gradients on the dual come as near as this.
            Tensor z = zeros_like(w);
            for (int step = 0; step < 1000; step++)
            {
                Tensor moved = x.index_add(1, from, z, 1).index_add(1, to, -z, 1);
                z = max(min(z + (0.2 * (moved.index_select(1, to) - moved.index_select(1, from))), w), -w);
            }

            Tensor solution = x.index_add(1, from, z, 1).index_add(1, to, -z, 1);
            Assert.IsLessThan(0.02, (u - solution).abs().max().item<double>(), name);
            Tensor Cost(Tensor v) => (0.5 * (v - x).pow(2).sum(1)) + (w * (v.index_select(1, from) - v.index_select(1, to)).abs()).sum(1);
            Assert.IsTrue(Cost(u).le(Cost(solution) + 1e-12).all().item<bool>(), name);
        }
    }

    [TestMethod]
    [DynamicData(nameof(Graphs))]
    public void Gradients_are_those_of_differences(string name, EdgeGraph graph)
    {
        using DisposeScope scope = NewDisposeScope();
        using var random = new Generator(5);
        Tensor x = randn([4, graph.Nodes], ScalarType.Float64, generator: random);
        RelaxationGradients.AssertMatch(inputs => TotalVariation.Denoise(inputs[0], graph, inputs[1]), 1e-7, x, tensor(0.31, ScalarType.Float64));
        RelaxationGradients.AssertMatch(inputs => TotalVariation.Denoise(inputs[0], graph, inputs[1]), 1e-7, x, rand([4, graph.Edges.Count], ScalarType.Float64, generator: random) * 0.5);
    }

    [TestMethod]
    public void A_chain_is_solved_as_a_graph_is()
    {
        var random = new Random(1);
        var chain = EdgeGraph.Chain(40);
        var reversed = new EdgeGraph(40, [.. chain.Edges.Reverse().Select(edge => (edge.To, edge.From))]);
        for (int trial = 0; trial < 50; trial++)
        {
            double[] values = [.. Enumerable.Range(0, 40).Select(i => (i / 10) + random.NextDouble())], weights = [.. Enumerable.Range(0, 39).Select(_ => random.NextDouble())];
            double[] byChain = new double[40], byGraph = new double[40];
            GraphTotalVariation.Solve(chain, values, weights, byChain);
            GraphTotalVariation.Solve(reversed, values, [.. weights.Reverse()], byGraph);
            for (int i = 0; i < 40; i++)
            {
                Assert.AreEqual(byChain[i], byGraph[i], 1e-10);
            }
        }
    }

    [TestMethod]
    public void Where_the_solution_is_positive_lies_the_minimum_cut()
    {
        using DisposeScope scope = NewDisposeScope();
        var random = new Random(2);
        var graph = EdgeGraph.Grid(3, 4);
        double[] gains = [.. Enumerable.Range(0, 12).Select(_ => random.NextDouble() - 0.45)];
        double[] weights = [.. graph.Edges.Select(_ => 0.3 * random.NextDouble())];
        double best = Enumerable.Range(0, 1 << 12).Max(Value);
        double[] u = [.. TotalVariation.Denoise(tensor(gains).unsqueeze(0), graph, tensor(weights))[0].data<double>()];
        Assert.AreEqual(best, Value(Enumerable.Range(0, 12).Sum(i => u[i] > 0 ? 1 << i : 0)), 1e-12);

        double Value(int set) => Enumerable.Range(0, 12).Sum(i => (set >> i & 1) * gains[i]) - graph.Edges.Select((edge, i) => (set >> edge.From & 1) == (set >> edge.To & 1) ? 0 : weights[i]).Sum();
    }

    [TestMethod]
    public void Nothing_and_everything_is_smoothed_and_units_do_not_matter()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor x = tensor(new double[,] { { 1, 5, 2, 8 }, { 0, 0, 0, 0 } });
        Assert.AreEqual(0, (TotalVariation.Denoise(x, tensor(0.0)) - x).abs().max().item<double>());
        Assert.IsLessThan(1e-12, (TotalVariation.Denoise(x, tensor(100.0)) - x.mean([1], keepdim: true)).abs().max().item<double>());
        Assert.IsLessThan(1e-3, (TotalVariation.Denoise(x * 1e6, tensor(1e6)) - (TotalVariation.Denoise(x, tensor(1.0)) * 1e6)).abs().max().item<double>());
        Assert.AreEqual(7, TotalVariation.Denoise(tensor(new double[,] { { 7 } }), tensor(1.0))[0, 0].item<double>());
        Assert.AreEqual(0, TotalVariation.Denoise(zeros(0, 4, ScalarType.Float64), tensor(1.0)).shape[0]);
        Tensor missing = TotalVariation.Denoise(tensor(new[,] { { 1, double.NaN, 2 }, { 1, 1, 1 } }), tensor(1.0));
        Assert.IsTrue(missing[0].isnan().any().item<bool>());
        Assert.AreEqual(3, missing[1].sum().item<double>(), 1e-12);
        Assert.ThrowsExactly<ArgumentException>(() => TotalVariation.Denoise(x, tensor(-1.0)));
        Assert.ThrowsExactly<ArgumentException>(() => TotalVariation.Denoise(x, EdgeGraph.Chain(5), tensor(1.0)));
        Assert.ThrowsExactly<ArgumentException>(() => new EdgeGraph(3, [(0, 3)]));
    }
}
