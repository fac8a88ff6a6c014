using Microsoft.ML.Implicit.Estimators;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Tests.Estimators.ControlledEquation;

/// <summary>Comparing networks, and how sure of themselves they may be, by series they were not trained on.</summary>
[TestClass]
public sealed class HeldOutSeriesTests
{
    private DisposeScope? _scope;

    [TestInitialize]
    public void Enter() => _scope = NewDisposeScope();

    [TestCleanup]
    public void Leave() => _scope?.Dispose();

    [TestMethod]
    public void A_network_is_better_where_the_difference_is_more_than_chance()
    {
        var random = new Random(1);
        float[] labels = [.. Enumerable.Range(0, 60).Select(_ => random.NextSingle())];
        HeldOutSeries unseen = Create(new RegressionTask(0, 1), labels);
        float[] noise = [.. labels.Select(_ => random.NextSingle() - 0.5f)];
        unseen.Add(Column([.. labels.Zip(noise, (label, n) => label + n)]));
        unseen.Add(Column([.. labels.Zip(noise, (label, n) => label - (0.999f * n))]));
        unseen.Add(Column([.. labels.Zip(noise, (label, n) => label + (0.3f * n))]));
        unseen.Add(Column([.. labels.Select(label => label + ((random.NextSingle() - 0.5f) * 1.02f))]));
        Assert.IsTrue(unseen.IsBetter(2, 0), "clearly better");
        Assert.IsFalse(unseen.IsBetter(0, 2), "clearly worse");
        Assert.IsFalse(unseen.IsBetter(0, 0), "the same");
        Assert.IsFalse(unseen.IsBetter(3, 0) || unseen.IsBetter(0, 3), "the same but for chance");
    }

    [TestMethod]
    public void Outputs_that_are_twice_too_sure_are_halved()
    {
        var random = new Random(2);
        float[] logOdds = [.. Enumerable.Range(0, 4000).Select(_ => (6 * random.NextSingle()) - 3)];
        float[] labels = [.. logOdds.Select(value => random.NextDouble() < 1 / (1 + Math.Exp(-value)) ? 1f : 0f)];
        HeldOutSeries unseen = Create(new BinaryTask(), labels);
        unseen.Add(Column([.. logOdds.Select(value => 2 * value)]));
        Assert.AreEqual(0.5, unseen.ConfidenceFactorOf([0]), 0.03);
        Assert.AreEqual(1, Create(new RegressionTask(0, 1), [1, 2]).ConfidenceFactorOf([0]), "a number has no confidence");
    }

    private static HeldOutSeries Create(PredictionTask task, float[] labels) =>
        new(task, [.. labels.Select(label => new EncodedChannels([0], [0], [], label, 1))], CPU);

    private static Tensor Column(float[] values) => tensor(values, [values.Length, 1]);
}
