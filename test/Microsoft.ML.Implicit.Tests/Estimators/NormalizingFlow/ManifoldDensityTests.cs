using Microsoft.ML.Implicit.Estimators;
using Microsoft.ML.Implicit.Tests.Layers.Flow;

namespace Microsoft.ML.Implicit.Tests.Estimators.NormalizingFlow;

/// <summary>Densities of angles and unit vectors.</summary>
[TestClass]
public sealed class ManifoldDensityTests
{
    private static readonly VonMisesFisherMixture OnCircle = new([[1, 0], [-0.6, 0.8]], 8);
    private static readonly VonMisesFisherMixture OnSphere = new([[1, 0, 0], [0, -0.6, 0.8]], 8);

    private static readonly IReadOnlyList<ManifoldFeature> MixedFeatures = [ManifoldFeature.UnitVector(0, 3), ManifoldFeature.Angle(3, period: 360)];

    [TestMethod]
    [DataRow(FlowTrainingMethod.MaximumLikelihood, 16, 20, 0.05)]
    [DataRow(FlowTrainingMethod.FlowMatching, 64, 100, 0.1)]
    public void A_mixture_of_von_Mises_distributions_is_learned_from_its_angles(FlowTrainingMethod method, int hiddenWidth, int epochs, double nats)
    {
        using NormalizingFlowTransformer model = Train(Angles(2000, Math.Tau), method, hiddenWidth, epochs, ManifoldFeature.Angle(0));
        const int points = 720;
        double[] angles = [.. Enumerable.Range(0, points).Select(i => (i + 0.5) * Math.Tau / points)];
        double[] logDensities = new double[points];
        model.Model.LogDensity([.. angles.Select(a => (float)a)], logDensities);
        Assert.AreEqual(1, logDensities.Sum(Math.Exp) * Math.Tau / points, 1e-3);
        double divergence = angles.Zip(logDensities, (a, q) => (P: OnCircle.LogDensity([Math.Cos(a), Math.Sin(a)]), Q: q)).Sum(d => Math.Exp(d.P) * (d.P - d.Q)) * Math.Tau / points;
        Assert.IsLessThan(nats, divergence);
    }

    [TestMethod]
    [DataRow(FlowTrainingMethod.MaximumLikelihood, 16, 20, 0.05)]
    [DataRow(FlowTrainingMethod.FlowMatching, 64, 100, 0.1)]
    public void A_mixture_of_von_Mises_Fisher_distributions_is_learned_from_its_unit_vectors(FlowTrainingMethod method, int hiddenWidth, int epochs, double nats)
    {
        using NormalizingFlowTransformer model = Train(OnSphere.Draw(2000, 1), method, hiddenWidth, epochs, ManifoldFeature.UnitVector(0, 3));
        ManifoldGrid grid = ManifoldGrid.Sphere(40);
        double[][] points = [.. grid.Points.data<double>().Chunk(3)];
        double[] weights = [.. grid.Weights.data<double>()];
        double[] logDensities = new double[points.Length];
        model.Model.LogDensity([.. points.SelectMany(p => p).Select(v => (float)v)], logDensities);
        Assert.AreEqual(1, logDensities.Zip(weights, (q, w) => w * Math.Exp(q)).Sum(), 1e-3);
        double divergence = points.Select((p, i) => (P: OnSphere.LogDensity(p), Q: logDensities[i], W: weights[i])).Sum(d => d.W * Math.Exp(d.P) * (d.P - d.Q));
        Assert.IsLessThan(nats, divergence);
    }

    [TestMethod]
    public void A_density_of_a_heading_in_degrees_and_a_speed_integrates_to_one_in_these_units()
    {
        var random = new Random(1);
        IEnumerable<float[]> rows = Angles(600, 360).Select(r => new[] { 30 + (5 * (float)ToyData.Normal(random)), r[0] });
        using NormalizingFlowTransformer model = Train(rows, ManifoldFeature.Angle(1, period: 360));
        const int side = 120;
        float[] grid = [.. Enumerable.Range(0, side * side).SelectMany(i => new[] { 60f * (i % side + 0.5f) / side, 360f * (i / side + 0.5f) / side })];
        Assert.AreEqual(1, Score(model, grid, 2).Sum(Math.Exp) * 60 / side * 360 / side, 1e-2);
    }

    [TestMethod]
    public void A_density_of_two_angles_integrates_to_one()
    {
        IEnumerable<float[]> rows = Angles(600, Math.Tau).Select(r => new[] { r[0], (float)Math.IEEERemainder(2 * r[0], Math.Tau) });
        using NormalizingFlowTransformer model = Train(rows, ManifoldFeature.Angle(0), ManifoldFeature.Angle(1));
        const int side = 100;
        float[] grid = [.. Enumerable.Range(0, side * side).SelectMany(i => new[] { (float)((i % side + 0.5) * Math.Tau / side), (float)((i / side + 0.5) * Math.Tau / side) })];
        Assert.AreEqual(1, Score(model, grid, 2).Sum(Math.Exp) * Math.Pow(Math.Tau / side, 2), 1e-2);
    }

    [TestMethod]
    public void Angles_a_period_apart_have_the_same_density()
    {
        using NormalizingFlowTransformer model = Train(Angles(200, 24), ManifoldFeature.Angle(0, period: 24));
        double[] densities = Score(model, [-1, 23, 0, 24], 1);
        Assert.AreEqual(densities[1], densities[0], 1e-4);
        Assert.AreEqual(densities[2], densities[3], 1e-4);
    }

    [TestMethod]
    public void Samples_lie_on_the_manifold_and_repeat_by_seed()
    {
        using NormalizingFlowTransformer model = TrainMixed();
        float[][] samples = [.. model.Model.Sample(500, seed: 3).Chunk(5)];
        CollectionAssert.AreEqual(samples.SelectMany(r => r).ToArray(), model.Model.Sample(500, seed: 3));
        CollectionAssert.AreNotEqual(samples.SelectMany(r => r).ToArray(), model.Model.Sample(500, seed: 4));
        Assert.IsTrue(samples.All(r => r[3] is >= 0 and < 360));
        Assert.IsTrue(samples.All(r => Math.Abs((r[0] * r[0]) + (r[1] * r[1]) + (r[2] * r[2]) - 1) < 1e-5));
        Assert.AreEqual(10, samples.Average(r => r[4]), 0.5);
        float[,] quantiles = model.Model.MarginalQuantiles([0, 1], sampleCount: 500);
        Assert.IsTrue(quantiles[3, 0] >= 0 && quantiles[3, 1] < 360 && quantiles[0, 0] >= -1.001 && quantiles[0, 1] <= 1.001);
    }

    [TestMethod]
    public void Latent_vectors_keep_their_slots_and_the_inverse_leads_back()
    {
        var ml = new MLContext(seed: 1);
        float[][] rows = [.. Mixed(300)];
        IDataView data = ToyData.View(ml, rows);
        NormalizingFlowOptions options = QuickOptions.Create(epochs: 3);
        options.ManifoldFeatures = MixedFeatures;
        using LatentTransformer model = ml.Transforms.NormalizingFlow(options).Fit(data);
        model.Model.Tolerance = 1e-6;
        IDataView encoded = model.Transform(data);
        float[][] latent = Scored.Vectors(encoded, "Latent");
        Assert.IsTrue(latent.All(r => r[3] is >= 0 and < 360 && Math.Abs((r[0] * r[0]) + (r[1] * r[1]) + (r[2] * r[2]) - 1) < 1e-5));
        float[][] decoded = Scored.Vectors(model.CreateInverse("Decoded").Transform(encoded), "Decoded");
        double error = rows.Zip(decoded, (a, b) => Math.Max(Math.Abs(a[0] - b[0]) + Math.Abs(a[4] - b[4]), Math.Abs(Math.IEEERemainder(a[3] - b[3], 360)))).Max();
        Assert.IsLessThan(1e-2, error);
    }

    [TestMethod]
    public void A_saved_model_scores_bit_for_bit_the_same_in_a_fresh_context()
    {
        var ml = new MLContext(seed: 1);
        IDataView data = ToyData.View(ml, Mixed(200));
        using NormalizingFlowTransformer model = TrainMixed();
        using var file = new MemoryStream();
        ml.Model.Save(model, data.Schema, file);
        file.Position = 0;
        var loaded = (NormalizingFlowTransformer)new MLContext().Model.Load(file, out _);
        CollectionAssert.AreEqual(Scored.Values(model.Transform(data)), Scored.Values(loaded.Transform(data)));
        CollectionAssert.AreEqual(model.Model.Sample(10, 1), loaded.Model.Sample(10, 1));
    }

    [TestMethod]
    public void A_conditional_density_of_an_angle_follows_its_context()
    {
        var random = new Random(1);
        float[][] context = [.. Enumerable.Range(0, 1000).Select(_ => new[] { (float)(random.NextDouble() * 4 - 2) })];
        float[][] features = [.. context.Select(c => new[] { (float)Math.IEEERemainder(Math.PI + c[0] + (0.3 * ToyData.Normal(random)), Math.Tau) })];
        var ml = new MLContext(seed: 1);
        NormalizingFlowOptions options = QuickOptions.Create(epochs: 30);
        options.ContextColumnName = "Context";
        options.ManifoldFeatures = [ManifoldFeature.Angle(0)];
        using NormalizingFlowTransformer model = ml.AnomalyDetection.Trainers.NormalizingFlow(options).Fit(ToyData.View(ml, features, context));
        float[] low = model.Model.ConditionalSample([-1.5f], 1000, seed: 1);
        float[] high = model.Model.ConditionalSample([1.5f], 1000, seed: 1);
        Assert.AreEqual(-1.5, CircularMean(low) - Math.PI, 0.2);
        Assert.AreEqual(1.5, CircularMean(high) + Math.PI, 0.2);
    }

    // From minus to plus π.
    private static double CircularMean(float[] angles) => Math.Atan2(angles.Average(a => Math.Sin(a)), angles.Average(a => Math.Cos(a)));

    // A unit vector, an angle in degrees, and a number about 10.
    private static IEnumerable<float[]> Mixed(int count) =>
        OnSphere.Draw(count, 1).Zip(Angles(count, 360), (v, a) => new[] { v[0], v[1], v[2], a[0], 10 + v[2] });

    private static IEnumerable<float[]> Angles(int count, double period) => OnCircle.Draw(count, 1).Select(r => new[] { (float)(Math.Atan2(r[1], r[0]) * period / Math.Tau) });

    private static NormalizingFlowTransformer TrainMixed() => Train(Mixed(600), MixedFeatures);

    private static NormalizingFlowTransformer Train(IEnumerable<float[]> rows, params IReadOnlyList<ManifoldFeature> features) =>
        Train(rows, FlowTrainingMethod.MaximumLikelihood, 16, 3, features);

    private static NormalizingFlowTransformer Train(IEnumerable<float[]> rows, FlowTrainingMethod method, int hiddenWidth, int epochs, params IReadOnlyList<ManifoldFeature> features)
    {
        var ml = new MLContext(seed: 1);
        NormalizingFlowOptions options = QuickOptions.Create(epochs);
        options.HiddenWidth = hiddenWidth;
        options.Method = method;
        options.ManifoldFeatures = features;
        return ml.AnomalyDetection.Trainers.NormalizingFlow(options).Fit(ToyData.View(ml, rows));
    }

    private static double[] Score(NormalizingFlowTransformer model, float[] rows, int width)
    {
        double[] logDensities = new double[rows.Length / width];
        model.Model.LogDensity(rows, logDensities);
        return logDensities;
    }
}
