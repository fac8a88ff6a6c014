using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Estimators;

namespace Microsoft.ML.Implicit.Tests.Estimators.NormalizingFlow;

[TestClass]
public class ScoreExplanationTests
{
    private const int Width = 5;

    [TestMethod]
    [DataRow(AnomalyScoring.LogDensity)]
    [DataRow(AnomalyScoring.DensityAndDistance)]
    public void The_feature_that_was_tampered_with_contributes_most(AnomalyScoring scoring)
    {
        var ml = new MLContext(seed: 1);
        using NormalizingFlowTransformer model = Train(ml, scoring);
        float[][] rows = Correlated(40, seed: 2);
        for (int row = 0; row < rows.Length; row++)
        {
            rows[row][row % Width] += row % 2 == 0 ? 500 : -500;
        }

        float[][] contributions = Scored.Vectors(model.Model.ExplainScores(ToyData.View(ml, rows)), "FeatureContributions");
        int found = contributions.Select((shares, row) => Array.IndexOf(shares, shares.Max()) == row % Width ? 1 : 0).Sum();
        Assert.IsGreaterThanOrEqualTo(38, found);
    }

    [TestMethod]
    public void Contributions_sum_to_the_score_beyond_that_of_the_typical_row()
    {
        var ml = new MLContext(seed: 1);
        using NormalizingFlowTransformer model = Train(ml, AnomalyScoring.DensityAndDistance);
        float[] features = [.. Correlated(12, seed: 2).SelectMany(row => row), 1e4f, 0, 0, 0, 0];
        float[] contributions = new float[features.Length], typical = new float[features.Length];
        model.Model.ExplainScores(features, contributions, typical);
        double[] own = Scores(model, features), others = Scores(model, typical);
        for (int row = 0; row < own.Length; row++)
        {
            double sum = contributions.Skip(row * Width).Take(Width).Sum(share => (double)share);
            Assert.AreEqual(own[row] - others[row], sum, 1e-3 * Math.Max(1, Math.Abs(own[row])));
            Assert.IsTrue(others[row] < model.Model.Threshold, "what a row is compared with is no anomaly");
        }
    }

    [TestMethod]
    public void A_typical_row_is_compared_with_itself()
    {
        var ml = new MLContext(seed: 1);
        using NormalizingFlowTransformer model = Train(ml, AnomalyScoring.LogDensity);
        float[] typical = new float[Width], again = new float[Width], contributions = new float[Width];
        model.Model.ExplainScores(Correlated(1, seed: 3)[0], contributions, typical);
        model.Model.ExplainScores(typical, contributions, again);
        CollectionAssert.AreEqual(typical, again);
        Assert.IsTrue(contributions.All(share => share == 0));
    }

    [TestMethod]
    public void Contributions_depend_on_no_other_row_and_one_with_NaN_gets_NaN()
    {
        var ml = new MLContext(seed: 1);
        using NormalizingFlowTransformer model = Train(ml, AnomalyScoring.DensityAndDistance);
        float[][] rows = Correlated(20, seed: 2);
        float[][] before = Scored.Vectors(model.Model.ExplainScores(ToyData.View(ml, rows)), "FeatureContributions");
        rows[7][1] = float.NaN;
        IDataView explained = model.Model.ExplainScores(ToyData.View(ml, rows.Reverse()));
        float[][] after = [.. Scored.Vectors(explained, "FeatureContributions").Reverse()];
        for (int row = 0; row < rows.Length; row++)
        {
            CollectionAssert.AreEqual(row == 7 ? [.. Enumerable.Repeat(float.NaN, Width)] : before[row], after[row]);
        }

        Assert.IsTrue(Scored.Vectors(explained, "TypicalRow")[^8].All(float.IsNaN));
    }

    [TestMethod]
    public void Directions_count_as_one_and_contexts_are_kept()
    {
        var ml = new MLContext(seed: 1);
        var random = new Random(1);
        float[][] contexts = [.. Enumerable.Range(0, 200).Select(_ => new[] { (float)ToyData.Normal(random) })];
        float[][] rows = [.. contexts.Select(context => (Turn: 0.1 * ToyData.Normal(random), Number: context[0] + (0.1 * ToyData.Normal(random))))
            .Select(draw => new[] { (float)Math.Cos(draw.Turn), (float)Math.Sin(draw.Turn), (float)draw.Number })];
        NormalizingFlowOptions options = QuickOptions.Create(epochs: 20);
        options.ManifoldFeatures = [ManifoldFeature.UnitVector(0, 2)];
        options.ContextColumnName = "Context";
        using NormalizingFlowTransformer model = ml.AnomalyDetection.Trainers.NormalizingFlow(options).Fit(ToyData.View(ml, rows, contexts));

        IDataView asked = ToyData.View(ml, [[-1, 0, 1], [1, 0, -2]], [[1], [1]]);
        float[][] contributions = Scored.Vectors(model.Model.ExplainScores(asked, contextColumnName: "Context"), "FeatureContributions");
        Assert.AreEqual(contributions[0][0], contributions[0][1]);
        Assert.IsTrue(contributions[0][0] > 2 * contributions[0][2] && contributions[0][0] > 0);
        Assert.IsTrue(contributions[1][2] > 2 * contributions[1][0] && contributions[1][2] > 0, "the number is usual with another context alone");
    }

    [TestMethod]
    public void Contributions_carry_the_names_of_the_features()
    {
        var ml = new MLContext(seed: 1);
        IDataView data = ml.Transforms.Concatenate("Both", "Features", "Label").Fit(ToyData.View(ml, ToyData.Lumps(100, 1))).Transform(ToyData.View(ml, ToyData.Lumps(100, 1)));
        NormalizingFlowOptions options = QuickOptions.Create();
        options.FeatureColumnName = "Both";
        using NormalizingFlowTransformer model = ml.AnomalyDetection.Trainers.NormalizingFlow(options).Fit(data);
        VBuffer<ReadOnlyMemory<char>> names = default, expected = default;
        data.Schema["Both"].GetSlotNames(ref expected);
        model.Model.ExplainScores(data, "Both").Schema["FeatureContributions"].GetSlotNames(ref names);
        CollectionAssert.AreEqual(expected.DenseValues().Select(name => name.ToString()).ToArray(), names.DenseValues().Select(name => name.ToString()).ToArray());
    }

    [TestMethod]
    public void Spans_of_another_length_are_refused()
    {
        var ml = new MLContext(seed: 1);
        using NormalizingFlowTransformer model = ml.AnomalyDetection.Trainers.NormalizingFlow(QuickOptions.Create()).Fit(ToyData.View(ml, ToyData.Lumps(60, 1)));
        Assert.ThrowsExactly<ArgumentException>(() => model.Model.ExplainScores([1, 2], new float[1]));
        Assert.ThrowsExactly<ArgumentException>(() => model.Model.ExplainScores([1, 2, 3], new float[3]));
        Assert.ThrowsExactly<ArgumentException>(() => model.Model.ExplainScores([1, 2], new float[2], new float[4]));
    }

    private static NormalizingFlowTransformer Train(MLContext ml, AnomalyScoring scoring)
    {
        NormalizingFlowOptions options = QuickOptions.Create(epochs: 20);
        options.Scoring = scoring;
        return ml.AnomalyDetection.Trainers.NormalizingFlow(options).Fit(ToyData.View(ml, Correlated(400, seed: 1)));
    }

    private static double[] Scores(NormalizingFlowTransformer model, float[] features)
    {
        double[] scores = new double[features.Length / Width];
        model.Model.Score(features, new double[scores.Length], scores, default);
        return scores;
    }

    // Features of deviation about 100 that share a factor.
    private static float[][] Correlated(int count, int seed)
    {
        var random = new Random(seed);
        return
        [
            .. Enumerable.Range(0, count).Select(_ => ToyData.Normal(random)).Select(factor =>
                Enumerable.Range(0, Width).Select(j => (float)(100 * ((0.8 * factor) + (0.6 * ToyData.Normal(random))))).ToArray()),
        ];
    }
}
