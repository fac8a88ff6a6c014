using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Estimators;
using Microsoft.ML.Implicit.Layers.Flow;
using Microsoft.ML.Implicit.Layers.Ode;
using Microsoft.ML.Implicit.Tests.Estimators;
using Microsoft.ML.Implicit.Tests.Estimators.NormalizingFlow;

namespace Microsoft.ML.Implicit.Tests.Onnx;

/// <summary>Densities, anomaly scores and latent vectors in ONNX files, beside the library itself.</summary>
[TestClass]
public sealed class NormalizingFlowOnnxTests
{
    // Both solve to a tenth of this, in float64, so that they agree whichever steps they take.
    private const double FineTolerance = 1e-6;

    [TestMethod]
    public void A_thousand_rows_get_the_same_densities_in_one_batch_and_in_ragged_ones()
    {
        var ml = new MLContext(seed: 1);
        IDataView data = RealData.Concrete(ml);
        ITransformer model = ml.AnomalyDetection.Trainers.NormalizingFlow(Options()).Fit(data);
        IDataView expected = model.Transform(data);
        using OnnxFile file = OnnxFile.Of(ml, model, data);
        OnnxAssert.AreClose(Scored.Values(expected, "LogDensity"), file.Score(data, "LogDensity", batchSize: 1030));
        OnnxAssert.AreClose(Scored.Values(expected), file.Score(data, "Score", batchSize: 129));
        CollectionAssert.AreEqual(
            expected.GetColumn<bool>("PredictedLabel").Select(value => value ? 1f : 0f).ToArray(),
            file.Score(data, "PredictedLabel", batchSize: 1030).Select(row => row[0]).ToArray());
    }

    [TestMethod]
    public void At_the_default_tolerance_densities_are_equal_to_within_it()
    {
        var ml = new MLContext(seed: 1);
        IDataView data = ToyData.View(ml, ToyData.Lumps(200, 1));
        ITransformer model = ml.AnomalyDetection.Trainers.NormalizingFlow(QuickOptions.Create(epochs: 5)).Fit(data);
        using OnnxFile file = OnnxFile.Of(ml, model, data);
        OnnxAssert.AreClose(Scored.Values(model.Transform(data), "LogDensity"), file.Score(data, "LogDensity", batchSize: 200), (float)new NormalizingFlowOptions().Tolerance);
    }

    [TestMethod]
    [DataRow(DynamicsActivation.Tanh, FlowTimeConditioning.Concatenate, 1)]
    [DataRow(DynamicsActivation.Softplus, FlowTimeConditioning.Concatenate, 2)]
    [DataRow(DynamicsActivation.Softplus, FlowTimeConditioning.ConcatSquash, 1)]
    [DataRow(DynamicsActivation.Tanh, FlowTimeConditioning.ConcatSquash, 2)]
    [DataRow(DynamicsActivation.Tanh, FlowTimeConditioning.Concatenate, 3)]
    public void All_dynamics_are_written_and_lead_to_latent_vectors_and_back(DynamicsActivation activation, FlowTimeConditioning time, int hiddenLayers)
    {
        var ml = new MLContext(seed: 1);
        IDataView data = ToyData.View(ml, ToyData.Lumps(60, 1));
        NormalizingFlowOptions options = Options();
        (options.Activation, options.Time, options.HiddenLayers) = (activation, time, hiddenLayers);
        LatentTransformer model = ml.Transforms.NormalizingFlow(options).Fit(data);
        AssertLatentAndBack(ml, model, data);
    }

    [TestMethod]
    public void Angles_and_unit_vectors_are_written_and_lead_to_latent_vectors_and_back()
    {
        var ml = new MLContext(seed: 1);
        var random = new Random(1);
        IDataView data = ToyData.View(ml, [.. Enumerable.Range(0, 80).Select(_ => Directed(random))]);
        NormalizingFlowOptions options = Options();
        options.ManifoldFeatures = [ManifoldFeature.UnitVector(0, 3), ManifoldFeature.Angle(4, period: 360)];
        LatentTransformer model = ml.Transforms.NormalizingFlow(options).Fit(data);
        AssertLatentAndBack(ml, model, data);
    }

    [TestMethod]
    public void Directions_alone_are_written()
    {
        var ml = new MLContext(seed: 1);
        var random = new Random(1);
        IDataView data = ToyData.View(ml, [.. Enumerable.Range(0, 80).Select(_ => new[] { (float)random.NextDouble() * 6 })]);
        NormalizingFlowOptions options = Options();
        options.ManifoldFeatures = [ManifoldFeature.Angle(0)];
        AssertLatentAndBack(ml, ml.Transforms.NormalizingFlow(options).Fit(data), data);
    }

    [TestMethod]
    [DataRow(AnomalyScoring.LogDensity)]
    [DataRow(AnomalyScoring.PolarLogDensity)]
    [DataRow(AnomalyScoring.DensityAndDistance)]
    public void Distant_rows_and_contexts_are_scored_alike_and_one_with_NaN_gets_NaN(AnomalyScoring scoring)
    {
        var ml = new MLContext(seed: 1);
        var random = new Random(1);
        Measurement[] rows = [.. Enumerable.Range(0, 100).Select(_ => Measurement.Draw(random))];
        NormalizingFlowOptions options = Options();
        (options.Scoring, options.ContextColumnName) = (scoring, nameof(Measurement.Context));
        ITransformer model = ml.AnomalyDetection.Trainers.NormalizingFlow(options).Fit(ml.Data.LoadFromEnumerable(rows));
        rows[0].Features[0] = 1e3f;
        rows[1].Features[1] = -1e20f;
        rows[2].Context[0] = 1e4f;
        rows[3].Features[0] = float.NaN;
        rows[4].Context[0] = float.PositiveInfinity;
        rows[5].Features[0] = float.MaxValue;
        IDataView data = ml.Data.LoadFromEnumerable(rows);
        IDataView expected = model.Transform(data);
        using OnnxFile file = OnnxFile.Of(ml, model, data);
        OnnxAssert.AreClose(Scored.Values(expected), file.Score(data, "Score", batchSize: 100));
        OnnxAssert.AreClose(Scored.Values(expected, "LogDensity"), file.Score(data, "LogDensity", batchSize: 100));
        OnnxAssert.AreClose(Scored.Values(expected, "ScoreQuantile"), file.Score(data, "ScoreQuantile", batchSize: 100), tolerance: 1e-3f);
        Assert.IsTrue(float.IsNaN(file.Score(data, "Score", batchSize: 100)[3][0]));
    }

    private static NormalizingFlowOptions Options()
    {
        NormalizingFlowOptions options = QuickOptions.Create(epochs: 3);
        options.Tolerance = FineTolerance;
        return options;
    }

    private static void AssertLatentAndBack(MLContext ml, LatentTransformer model, IDataView data)
    {
        IDataView encoded = model.Transform(data);
        using OnnxFile file = OnnxFile.Of(ml, model, data);
        OnnxAssert.AreClose(Scored.Vectors(encoded, "Latent"), file.Score(data, "Latent", batchSize: 80));
        OnnxAssert.AreClose(Scored.Values(encoded, "LogDensity"), file.Score(data, "LogDensity", batchSize: 80));

        IDataView latent = ml.Data.LoadFromEnumerable(Scored.Vectors(encoded, "Latent").Select(row => new Code { Latent = row }), Code.Schema(model.Model.FeatureCount));
        LatentTransformer inverse = model.CreateInverse("Decoded");
        using OnnxFile back = OnnxFile.Of(ml, inverse, latent);
        OnnxAssert.AreClose(Scored.Vectors(inverse.Transform(latent), "Decoded"), back.Score(latent, "Decoded", batchSize: 80));
    }

    private static float[] Directed(Random random)
    {
        double[] vector = [.. Enumerable.Range(0, 3).Select(i => ToyData.Normal(random) + i)];
        double length = Math.Sqrt(vector.Sum(x => x * x));
        return [.. vector.Select(x => (float)(x / length)), (float)ToyData.Normal(random), (float)(random.NextDouble() * 360)];
    }

    private sealed class Code
    {
        public float[] Latent { get; set; } = [];

        public static SchemaDefinition Schema(int width)
        {
            SchemaDefinition definition = SchemaDefinition.Create(typeof(Code));
            definition[nameof(Latent)].ColumnType = new VectorDataViewType(NumberDataViewType.Single, width);
            return definition;
        }
    }

    private sealed class Measurement
    {
        [VectorType(2)]
        public float[] Features { get; set; } = [];

        [VectorType(1)]
        public float[] Context { get; set; } = [];

        public static Measurement Draw(Random random)
        {
            double context = ToyData.Normal(random);
            return new() { Features = [(float)(context + ToyData.Normal(random)), (float)(ToyData.Normal(random) * 10)], Context = [(float)context] };
        }
    }
}
