using Microsoft.ML.Implicit.Estimators;

namespace Microsoft.ML.Implicit.Tests.Estimators.NormalizingFlow;

/// <summary>What the model's parameters compute for data views, against what they compute for spans.</summary>
[TestClass]
public sealed class DensityDataViewTests
{
    private static readonly float[][] Rows = ToyData.Lumps(200, 1);
    private static readonly float[][] Contexts = [.. Rows.Select(r => new[] { r[0] / 100 })];

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void Log_densities_encoding_and_decoding_are_those_of_spans(bool isConditional)
    {
        var ml = new MLContext(seed: 1);
        using NormalizingFlowTransformer transformer = Train(ml, isConditional);
        NormalizingFlowModelParameters model = transformer.Model;
        string? context = isConditional ? "Context" : null;
        float[] contexts = isConditional ? [.. Contexts.SelectMany(c => c)] : [];
        IDataView data = ToyData.View(ml, Rows, Contexts);
        float[] latent = new float[2 * Rows.Length];
        double[] logDensities = new double[Rows.Length];
        model.Encode([.. Rows.SelectMany(r => r)], latent, logDensities, contexts);
        CollectionAssert.AreEqual(logDensities, model.LogDensity(data, contextColumnName: context));

        IDataView encoded = model.Encode(data, contextColumnName: context, outputColumnName: "Z", logDensityColumnName: "LogP");
        CollectionAssert.AreEqual(latent, Scored.Vectors(encoded, "Z").SelectMany(z => z).ToArray());
        CollectionAssert.AreEqual(logDensities.Select(d => (float)d).ToArray(), Scored.Values(encoded, "LogP"));

        float[] decoded = new float[latent.Length];
        model.Decode(latent, decoded, contexts);
        CollectionAssert.AreEqual(decoded, Scored.Vectors(model.Decode(encoded, "Z", context, "Decoded"), "Decoded").SelectMany(x => x).ToArray());
    }

    [TestMethod]
    public void Samples_in_a_data_view_are_those_of_the_same_seed()
    {
        var ml = new MLContext(seed: 1);
        using NormalizingFlowTransformer transformer = Train(ml, isConditional: false);
        IDataView samples = transformer.Model.SampleDataView(50, seed: 3);
        CollectionAssert.AreEqual(transformer.Model.Sample(50, seed: 3), Scored.Vectors(samples, "Features").SelectMany(x => x).ToArray());
        Assert.IsTrue(Scored.Values(transformer.Transform(samples)).All(float.IsFinite));
        Assert.ThrowsExactly<ArgumentException>(() => transformer.Model.ConditionalSample(samples, "Features", seed: 1));
        Assert.ThrowsExactly<ArgumentException>(() => transformer.Model.ConditionalSample([1], 5, seed: 1));
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => transformer.Model.Sample(0, seed: 1));
    }

    [TestMethod]
    public void A_conditional_sample_is_drawn_for_each_row_and_repeats_by_seed()
    {
        var ml = new MLContext(seed: 1);
        using NormalizingFlowTransformer transformer = Train(ml, isConditional: true);
        IDataView data = ToyData.View(ml, Rows, Contexts);
        float[] Sample(int seed) => [.. Scored.Vectors(transformer.Model.ConditionalSample(data, "Context", seed, "Sampled"), "Sampled").SelectMany(x => x)];
        float[] samples = Sample(1);
        Assert.HasCount(2 * Rows.Length, samples);
        CollectionAssert.AreEqual(samples, Sample(1));
        CollectionAssert.AreNotEqual(samples, Sample(2));
        double[] logDensities = new double[Rows.Length];
        transformer.Model.LogDensity(samples, logDensities, [.. Contexts.SelectMany(c => c)]);
        Assert.IsTrue(logDensities.All(double.IsFinite));
        Assert.ThrowsExactly<InvalidOperationException>(() => transformer.Model.Sample(5, seed: 1));
    }

    [TestMethod]
    public void Quantiles_of_a_conditional_density_need_its_context_and_probabilities()
    {
        using NormalizingFlowTransformer transformer = Train(new MLContext(seed: 1), isConditional: true);
        float[,] quantiles = transformer.Model.MarginalQuantiles([0, 0.5, 1], sampleCount: 200, context: [3]);
        Assert.IsTrue(quantiles[0, 0] < quantiles[0, 1] && quantiles[0, 1] < quantiles[0, 2]);
        Assert.ThrowsExactly<ArgumentException>(() => transformer.Model.MarginalQuantiles([0.5]));
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => transformer.Model.MarginalQuantiles([1.5], sampleCount: 10, context: [3]));
    }

    [TestMethod]
    public void A_column_that_is_missing_or_of_another_length_is_named()
    {
        var ml = new MLContext(seed: 1);
        using NormalizingFlowTransformer transformer = Train(ml, isConditional: false);
        IDataView data = ToyData.View(ml, [[1, 2, 3]]);
        AssertNamed("'Fetures'", () => transformer.Model.LogDensity(data, "Fetures"));
        AssertNamed("'Features'", () => transformer.Model.LogDensity(data));
        AssertNamed("'Latent'", () => transformer.Model.Decode(data).Schema.ToString());
        AssertNamed("'Features'", () => transformer.Model.Encode(data).Schema.ToString());
    }

    private static void AssertNamed(string name, Action action) =>
        StringAssert.Contains(Assert.ThrowsExactly<ArgumentException>(action).Message, name, StringComparison.Ordinal);

    private static NormalizingFlowTransformer Train(MLContext ml, bool isConditional)
    {
        NormalizingFlowOptions options = QuickOptions.Create(epochs: 2);
        options.ContextColumnName = isConditional ? "Context" : null;
        return ml.AnomalyDetection.Trainers.NormalizingFlow(options).Fit(ToyData.View(ml, Rows, Contexts));
    }
}
