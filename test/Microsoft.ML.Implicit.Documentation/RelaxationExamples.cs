using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Estimators;
using Microsoft.ML.Implicit.Layers.Relaxations;
using Microsoft.ML.Implicit.Solvers.Relaxations;
using TorchSharp;
using static TorchSharp.torch;

namespace Documentation;

/// <summary>The code of docs/layers-and-solvers.md about orders, plans, segments and chains.</summary>
[TestClass]
public sealed class RelaxationExamples
{
    private readonly DisposeScope _scope = NewDisposeScope();

    [TestCleanup]
    public void CloseScope() => _scope.Dispose();

    [TestMethod]
    public void Orders_plans_and_segments_have_derivatives()
    {
        Tensor scores = Normal(3, 5).requires_grad_(), relevances = Normal(3, 5), signals = Normal(2, 30), pixels = Normal(1, 48), costs = Normal(2, 4, 4).abs();
        Tensor source = full([2, 4], 0.25, ScalarType.Float64), target = source, weight = tensor(0.3, ScalarType.Float64).requires_grad_();

        Tensor ranks = SoftOrder.Rank(scores, strength: 0.1);                    // [rows, values], from 1
        Tensor loss = SoftOrder.SpearmanLoss(scores, relevances, strength: 0.1); // [rows]: only the order counts

        Tensor plan = new OptimalTransport(strength: 0.1).Plan(costs, source, target);

        Tensor steps = TotalVariation.Denoise(signals, weight: tensor(0.5, ScalarType.Float64));
        Tensor segments = TotalVariation.Denoise(pixels, EdgeGraph.Grid(6, 8), weight);
        Tensor cut = segments.gt(0);                                             // the minimum cut for gains `pixels`

        Tensor rising = IsotonicRegression.Increasing(signals);

        (loss.sum() + segments.pow(2).sum()).backward();
        Assert.AreSequenceEqual([3L, 5], ranks.shape);
        Assert.IsLessThan(1e-8, (plan.sum(2) - source).abs().max().item<double>());
        Assert.IsTrue(steps.var().item<double>() < signals.var().item<double>() && rising.diff(dim: 1).ge(0).all().item<bool>());
        Assert.AreSequenceEqual([1L, 48], cut.shape);
        Assert.IsTrue(scores.grad!.isfinite().all().item<bool>() && weight.grad!.isfinite().item<bool>());
    }

    [TestMethod]
    public void Each_is_a_line()
    {
        Tensor responses = Normal(2, 7), scores = Normal(3, 5), relevances = Normal(3, 5), signals = Normal(2, 30), pixels = Normal(1, 784), costs = Normal(2, 4, 4).abs();
        Tensor source = full([2, 4], 0.25, ScalarType.Float64), target = source, weight = tensor(0.3, ScalarType.Float64);
        Tensor calibrated = IsotonicRegression.Increasing(responses);
        Tensor ranks = SoftOrder.Rank(scores, strength: 0.1);
        Tensor loss = SoftOrder.SpearmanLoss(scores, relevances, strength: 0.1);
        var transport = new OptimalTransport(strength: 0.1);
        Tensor plan = transport.Plan(costs, source, target);
        Tensor distance = (plan * costs).sum([1, 2]);
        Tensor steps = TotalVariation.Denoise(signals, weight: torch.tensor(0.5));
        Tensor segments = TotalVariation.Denoise(pixels, EdgeGraph.Grid(28, 28), weight);
        Assert.IsTrue(new[] { calibrated, ranks, loss, plan, distance, steps, segments }.All(values => values.isfinite().all().item<bool>()));
    }

    [TestMethod]
    public void A_chain_of_labels_is_learned_by_its_likelihood()
    {
        Tensor labelScores = Normal(2, 6, 3), transitions = Normal(3, 3), labels = tensor(new long[,] { { 0, 1, 2, 2, 1, 0 }, { 2, 2, 0, 1, 0, 1 } });
        Tensor negativeLogLikelihood = LinearChain.LogPartition(labelScores, transitions) - LinearChain.Score(labelScores, transitions, labels);
        Tensor likeliest = LinearChain.MostLikely(labelScores, transitions);

        Assert.IsTrue(negativeLogLikelihood.gt(0).all().item<bool>());
        Assert.AreSequenceEqual([2L, 6], likeliest.shape);
    }

    [TestMethod]
    public void A_chain_has_probabilities_and_a_likeliest_path()
    {
        Tensor scores = Normal(2, 6, 3), transitions = Normal(3, 3), labels = tensor(new long[,] { { 0, 1, 2, 2, 1, 0 }, { 2, 2, 0, 1, 0, 1 } });
        Tensor loss = LinearChain.LogPartition(scores, transitions) - LinearChain.Score(scores, transitions, labels);
        Tensor probabilities = LinearChain.Marginals(scores, transitions);
        Tensor path = LinearChain.MostLikely(scores, transitions);

        Assert.IsTrue(loss.gt(0).all().item<bool>());
        Assert.IsLessThan(1e-12, (probabilities.sum(2) - 1).abs().max().item<double>());
        Assert.AreSequenceEqual([2L, 6], path.shape);
    }

    [TestMethod]
    public void Transforms_smooth_and_rank_vectors_of_a_pipeline()
    {
        var ml = new MLContext(seed: 1);
        IDataView signals = ml.Data.LoadFromEnumerable(Enumerable.Range(1, 20).Select(seed =>
        {
            var random = new Random(seed);
            float[] clean = [.. Enumerable.Range(0, 30).Select(i => i < 10 + (seed % 7) ? 0f : 2f)];
            return new Step { Clean = clean, Signal = [.. clean.Select(value => value + random.NextSingle())] };
        }).ToArray());
        TotalVariationTransformer smoother = ml.Transforms.TotalVariation("Steps", "Signal", weight: 0.5).Fit(signals);
        TotalVariationTransformer learned = ml.Transforms.TotalVariation(new TotalVariationOptions { InputColumnName = "Signal", TargetColumnName = "Clean" }).Fit(signals);
        SoftRankTransformer ranking = ml.Transforms.SoftRank("Ranks", "Signal", strength: 0.1).Fit(signals);
        SoftRankTransformer byOptions = ml.Transforms.SoftRank(new SoftRankOptions { InputColumnName = "Signal", Strength = 0.1 }).Fit(signals);

        Assert.AreEqual(0.5, smoother.Weight);
        Assert.IsGreaterThan(0, learned.Weight);
        float[] ranks = ranking.Transform(signals).GetColumn<float[]>("Ranks").First();
        Assert.AreEqual(30 * 31 / 2, ranks.Sum(), 1e-3);
        Assert.AreSequenceEqual(ranks, byOptions.Transform(signals).GetColumn<float[]>("Ranks").First());
    }

    private sealed class Step
    {
        public float[] Signal { get; set; } = [];

        public float[] Clean { get; set; } = [];
    }

    private static Tensor Normal(params long[] shape)
    {
        using var generator = new Generator((ulong)shape.Sum());
        return randn(shape, ScalarType.Float64, generator: generator);
    }
}
