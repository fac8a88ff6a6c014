using Microsoft.ML.Implicit.Estimators;

namespace Microsoft.ML.Implicit.Tests.Estimators.NormalizingFlow;

/// <summary>What a trained model says about the density of its data.</summary>
[TestClass]
public sealed class DensityTests
{
    [TestMethod]
    public void A_density_of_one_feature_integrates_to_one_in_the_users_units()
    {
        using NormalizingFlowTransformer model = Train(ToyData.Lumps(600, 1).Select(r => new[] { r[0] }));
        const int points = 8001;
        float[] x = [.. Enumerable.Range(0, points).Select(i => -2000f + 4000f * i / (points - 1))];
        double[] logDensities = new double[points];
        model.Model.LogDensity(x, logDensities);
        Assert.AreEqual(1, logDensities.Sum(Math.Exp) * 4000 / (points - 1), 2e-3);
    }

    [TestMethod]
    public void A_density_of_two_features_integrates_to_one_in_the_users_units()
    {
        using NormalizingFlowTransformer model = Train(ToyData.Lumps(600, 1));
        const int side = 400;
        float[] grid = [.. Enumerable.Range(0, side * side).SelectMany(i => new[] { -500f + 1200f * (i % side + 0.5f) / side, -0.2f + 1.2f * (i / side + 0.5f) / side })];
        double[] logDensities = new double[side * side];
        model.Model.LogDensity(grid, logDensities);
        Assert.AreEqual(1, logDensities.Sum(Math.Exp) * 1200 / side * 1.2 / side, 1e-2);
    }

    [TestMethod]
    [DataRow(FlowTrainingMethod.MaximumLikelihood, 30, 0.15)]
    [DataRow(FlowTrainingMethod.FlowMatching, 150, 0.5)]
    public void Held_out_likelihood_comes_close_to_the_true_entropy(FlowTrainingMethod method, int epochs, double nats)
    {
        NormalizingFlowOptions options = QuickOptions.Create(epochs);
        options.HiddenWidth = 32;
        options.Method = method;
        using NormalizingFlowTransformer model = Train(ToyData.Lumps(1500, 1), options);
        double[] logDensities = Score(model, ToyData.Lumps(1000, 2));

        // Two lumps far apart: the entropy of the choice and the mean of theirs.
        double entropy = Math.Log(2) + Math.Log(2 * Math.PI * Math.E) + 0.5 * (Math.Log(30 * 0.02) + Math.Log(60 * 0.05));
        Assert.AreEqual(entropy, -logDensities.Average(), nats);
    }

    [TestMethod]
    public void Decoding_gives_encoded_rows_back()
    {
        using NormalizingFlowTransformer model = Train(ToyData.Lumps(600, 1));
        float[] rows = [.. ToyData.Lumps(100, 2).SelectMany(r => r)];
        float[] latent = new float[rows.Length];
        float[] decoded = new float[rows.Length];
        model.Model.Encode(rows, latent);
        model.Model.Decode(latent, decoded);
        Assert.IsLessThan(1e-3, rows.Zip(decoded, (a, b) => Math.Abs(a - b) / (Math.Abs(a) + 0.1)).Max());
        Assert.AreEqual(1, latent.Average(z => z * z), 0.3);
    }

    [TestMethod]
    public void Samples_look_like_the_data_and_repeat_by_seed()
    {
        using NormalizingFlowTransformer model = Train(ToyData.Lumps(600, 1), QuickOptions.Create(epochs: 20));
        float[] samples = model.Model.Sample(2000, seed: 3);
        CollectionAssert.AreEqual(samples, model.Model.Sample(2000, seed: 3));
        CollectionAssert.AreNotEqual(samples, model.Model.Sample(2000, seed: 4));
        float[] first = [.. samples.Where((_, i) => i % 2 == 0)];
        Assert.AreEqual(50, first.Average(), 25);
        Assert.AreEqual(0.5, first.Count(x => x > 0) / 2000.0, 0.06);
    }

    [TestMethod]
    public void Marginal_quantiles_are_those_of_the_data()
    {
        using NormalizingFlowTransformer model = Train(ToyData.Lumps(600, 1), QuickOptions.Create(epochs: 20));
        float[,] quantiles = model.Model.MarginalQuantiles([0.25, 0.75], sampleCount: 4000);
        Assert.AreEqual(-200, quantiles[0, 0], 15);
        Assert.AreEqual(300, quantiles[0, 1], 25);
        Assert.AreEqual(0.1, quantiles[1, 0], 0.02);
    }

    [TestMethod]
    public void A_tighter_tolerance_needs_no_training()
    {
        using NormalizingFlowTransformer model = Train(ToyData.Lumps(600, 1), QuickOptions.Create(epochs: 10));
        float[][] rows = ToyData.Lumps(200, 2);
        model.Model.Tolerance = 1e-10;
        double[] reference = Score(model, rows);
        foreach (double tolerance in new[] { 1e-2, 1e-3, 1e-4, 1e-7 })
        {
            model.Model.Tolerance = tolerance;
            double error = Score(model, rows).Zip(reference, (a, b) => Math.Abs(a - b)).Max();
            Assert.IsLessThan(tolerance, error, $"tolerance {tolerance}");
        }
    }

    [TestMethod]
    public void A_conditional_density_follows_its_context()
    {
        var random = new Random(1);
        float[][] context = [.. Enumerable.Range(0, 1000).Select(_ => new[] { (float)(random.NextDouble() * 4 - 2) })];
        float[][] features = [.. context.Select(c => new[] { 3 * c[0] + (float)ToyData.Normal(random) })];
        var ml = new MLContext(seed: 1);
        NormalizingFlowOptions options = QuickOptions.Create(epochs: 60);
        options.HiddenWidth = 32;
        options.ContextColumnName = "Context";
        using NormalizingFlowTransformer model = ml.AnomalyDetection.Trainers.NormalizingFlow(options).Fit(ToyData.View(ml, features, context));
        float[] low = model.Model.ConditionalSample([-1.5f], 2000, seed: 1);
        float[] high = model.Model.ConditionalSample([1.5f], 2000, seed: 1);
        Assert.AreEqual(-4.5, low.Average(), 0.3);
        Assert.AreEqual(4.5, high.Average(), 0.3);
        Assert.AreEqual(1, low.Average(x => (x - low.Average()) * (x - low.Average())), 0.5);
        double[] logDensities = new double[2];
        model.Model.LogDensity([4.5f, 4.5f], logDensities, [1.5f, -1.5f]);
        Assert.IsGreaterThan(logDensities[1] + 5, logDensities[0]);
    }

    private static NormalizingFlowTransformer Train(IEnumerable<float[]> rows, NormalizingFlowOptions? options = null)
    {
        var ml = new MLContext(seed: 1);
        return ml.AnomalyDetection.Trainers.NormalizingFlow(options ?? QuickOptions.Create()).Fit(ToyData.View(ml, rows));
    }

    private static double[] Score(NormalizingFlowTransformer model, float[][] rows)
    {
        double[] logDensities = new double[rows.Length];
        model.Model.LogDensity([.. rows.SelectMany(r => r)], logDensities);
        return logDensities;
    }
}
