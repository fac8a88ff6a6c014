using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Estimators;
using Microsoft.ML.Implicit.Layers.Flow;
using Microsoft.ML.Implicit.Layers.Ode;

namespace Microsoft.ML.Implicit.Tests.Estimators.NormalizingFlow;

/// <summary>Rows far outside the training range and rows with missing values, among others.</summary>
[TestClass]
public sealed class DistantRowTests
{
    private static readonly float[][] Ordinary = ToyData.Lumps(60, 2);
    private static readonly float[] Extremes = [-float.MaxValue, float.MaxValue, 1e38f, -1e20f, 1e10f, 1e5f];

    [TestMethod]
    [DataRow(AnomalyScoring.LogDensity, DynamicsActivation.Tanh)]
    [DataRow(AnomalyScoring.LogDensity, DynamicsActivation.Softplus)]
    [DataRow(AnomalyScoring.PolarLogDensity, DynamicsActivation.Tanh)]
    public void A_row_far_out_is_the_most_anomalous_and_changes_no_other(AnomalyScoring scoring, DynamicsActivation activation)
    {
        NormalizingFlowOptions options = QuickOptions.Create();
        options.Scoring = scoring;
        options.Activation = activation;
        AssertMostAnomalous(options, Ordinary, Extremes.SelectMany(value => new[] { new[] { value, 0.1f }, [-200, value], [value, -value] }), [0, 30, 60]);
    }

    [TestMethod]
    public void Many_rows_far_out_score_as_they_do_alone_and_change_no_ordinary_row()
    {
        var ml = new MLContext(seed: 1);
        using NormalizingFlowTransformer model = ml.AnomalyDetection.Trainers.NormalizingFlow(QuickOptions.Create()).Fit(ToyData.View(ml, ToyData.Lumps(300, 1)));
        float[] expected = Scored.Values(model.Transform(ToyData.View(ml, Ordinary)));
        float[] scores = Scored.Values(model.Transform(ToyData.View(ml, Ordinary.SelectMany((row, i) => new[] { [Extremes[i % Extremes.Length], 0.1f], row }))));
        CollectionAssert.AreEqual(expected, scores.Where((_, i) => i % 2 == 1).ToArray());
        Assert.IsTrue(scores.Where((_, i) => i % 2 == 0).All(score => float.IsFinite(score) && score > expected.Max()));
        for (int i = 0; i < Extremes.Length; i++)
        {
            float alone = Scored.Values(model.Transform(ToyData.View(ml, [[Extremes[i], 0.1f]])))[0];
            Assert.AreEqual(1, scores[2 * i] / alone, 1e-5);
        }
    }

    [TestMethod]
    public void A_plain_number_far_out_beside_an_angle_is_the_most_anomalous_and_changes_no_other()
    {
        NormalizingFlowOptions options = QuickOptions.Create();
        options.ManifoldFeatures = [ManifoldFeature.Angle(1, period: 360)];
        AssertMostAnomalous(options, [.. Ordinary.Select(row => new[] { row[0], 360 * Math.Abs(row[1] % 1) })], Extremes.Select(value => new[] { value, 90f }), [30]);
    }

    [TestMethod]
    public void A_context_far_out_makes_a_row_the_most_anomalous_and_changes_no_other()
    {
        var ml = new MLContext(seed: 1);
        NormalizingFlowOptions options = QuickOptions.Create();
        options.ContextColumnName = "Context";
        float[][] training = ToyData.Lumps(300, 1);
        using NormalizingFlowTransformer model = ml.AnomalyDetection.Trainers.NormalizingFlow(options).Fit(ToyData.View(ml, training, training.Select(Context)));
        float[] expected = Scored.Values(model.Transform(ToyData.View(ml, Ordinary, Ordinary.Select(Context))));
        foreach (float value in Extremes)
        {
            IDataView scored = model.Transform(ToyData.View(ml, Ordinary.Prepend(Ordinary[0]), Ordinary.Select(Context).Prepend([value])));
            float[] scores = Scored.Values(scored);
            CollectionAssert.AreEqual(expected, scores[1..]);
            Assert.IsTrue(float.IsFinite(scores[0]) && scores[0] > expected.Max() && scored.GetColumn<bool>("PredictedLabel").First());
        }

        float[] Context(float[] row) => [row[0] / 100];
    }

    [TestMethod]
    [DataRow(DynamicsActivation.Tanh, FlowTimeConditioning.Concatenate, 2)]
    [DataRow(DynamicsActivation.Softplus, FlowTimeConditioning.Concatenate, 2)]
    [DataRow(DynamicsActivation.Tanh, FlowTimeConditioning.ConcatSquash, 1)]
    [DataRow(DynamicsActivation.Softplus, FlowTimeConditioning.ConcatSquash, 2)]
    [DataRow(DynamicsActivation.Tanh, FlowTimeConditioning.Concatenate, 3)]
    public void Log_densities_fall_all_the_way_out(DynamicsActivation activation, FlowTimeConditioning time, int layers)
    {
        var ml = new MLContext(seed: 1);
        NormalizingFlowOptions options = QuickOptions.Create(epochs: 10);
        options.Activation = activation;
        options.Time = time;
        options.HiddenLayers = layers;
        using NormalizingFlowTransformer model = ml.AnomalyDetection.Trainers.NormalizingFlow(options).Fit(ToyData.View(ml, ToyData.Lumps(300, 1)));
        float[] distances = [.. Enumerable.Range(0, 150).Select(i => (float)Math.Pow(10, 1 + (0.25 * i)))];
        double[] logDensities = new double[distances.Length];
        model.Model.LogDensity([.. distances.SelectMany(distance => new[] { distance, -distance })], logDensities);
        for (int i = 1; i < logDensities.Length; i++)
        {
            Assert.IsLessThan(logDensities[i - 1], logDensities[i], $"from {distances[i - 1]} to {distances[i]}");
            if (distances[i - 1] > 1e4)
            {
                // Those of a normal distribution fall with the square of the distance.
                Assert.AreEqual(Math.Sqrt(10), logDensities[i] / logDensities[i - 1], 0.01);
            }
        }
    }

    [TestMethod]
    public void A_latent_vector_far_out_is_finite_leads_back_and_changes_no_other()
    {
        var ml = new MLContext(seed: 1);
        using LatentTransformer model = ml.Transforms.NormalizingFlow(QuickOptions.Create(epochs: 10)).Fit(ToyData.View(ml, ToyData.Lumps(300, 1)));
        float[] expected = [.. Scored.Vectors(model.Transform(ToyData.View(ml, Ordinary)), "Latent").SelectMany(z => z)];
        foreach (float value in Extremes)
        {
            float[] distant = [value, 0.1f];
            IDataView encoded = model.Transform(ToyData.View(ml, Ordinary.Append(distant)));
            float[][] latent = Scored.Vectors(encoded, "Latent");
            CollectionAssert.AreEqual(expected, latent[..^1].SelectMany(z => z).ToArray());
            Assert.IsTrue(latent[^1].All(float.IsFinite));
            float decoded = Scored.Vectors(model.CreateInverse("Decoded").Transform(encoded), "Decoded")[^1][0];
            Assert.AreEqual(1, decoded / value, 1e-2);
        }
    }

    [TestMethod]
    public void A_row_with_a_missing_value_scores_NaN_is_no_anomaly_and_changes_no_other()
    {
        var ml = new MLContext(seed: 1);
        using NormalizingFlowTransformer model = ml.AnomalyDetection.Trainers.NormalizingFlow(QuickOptions.Create()).Fit(ToyData.View(ml, ToyData.Lumps(300, 1)));
        float[] expected = Scored.Values(model.Transform(ToyData.View(ml, Ordinary)));
        foreach (float value in new[] { float.NaN, float.PositiveInfinity, float.NegativeInfinity })
        {
            IDataView data = ToyData.View(ml, Ordinary.Append([value, 0.1f]));
            IDataView scored = model.Transform(data);
            CollectionAssert.AreEqual(expected.Append(float.NaN).ToArray(), Scored.Values(scored));
            Assert.IsTrue(float.IsNaN(Scored.Values(scored, "LogDensity")[^1]));
            Assert.IsFalse(scored.GetColumn<bool>("PredictedLabel").Last());
            Assert.IsTrue(double.IsNaN(model.Model.LogDensity(data)[^1]));
            Assert.IsTrue(Scored.Vectors(model.Model.Encode(data), "Latent")[^1].All(float.IsNaN));
        }
    }

    [TestMethod]
    public void Rows_are_encoded_and_decoded_in_their_own_place_whatever_some_of_them_hold()
    {
        var ml = new MLContext(seed: 1);
        using NormalizingFlowTransformer model = ml.AnomalyDetection.Trainers.NormalizingFlow(QuickOptions.Create()).Fit(ToyData.View(ml, ToyData.Lumps(300, 1)));
        float[] rows = [float.NaN, 0.1f, .. Ordinary.SelectMany(row => row), 1e30f, 0.1f];
        float[] latent = new float[rows.Length], decoded = new float[rows.Length], inPlace = [.. rows];
        model.Model.Encode(rows, latent);
        model.Model.Decode(latent, decoded);
        Assert.IsTrue(latent.Take(2).All(float.IsNaN) && latent.Skip(2).All(float.IsFinite));
        model.Model.Encode(inPlace, inPlace);
        CollectionAssert.AreEqual(latent, inPlace);
        model.Model.Decode(inPlace, inPlace);
        CollectionAssert.AreEqual(decoded, inPlace);
    }

    private static void AssertMostAnomalous(NormalizingFlowOptions options, float[][] ordinary, IEnumerable<float[]> distant, int[] positions)
    {
        var ml = new MLContext(seed: 1);
        NormalizingFlowTransformer model = ml.AnomalyDetection.Trainers.NormalizingFlow(options).Fit(ToyData.View(ml, ordinary));
        float[] expected = Scored.Values(model.Transform(ToyData.View(ml, ordinary)));
        SchemaDefinition schema = SchemaDefinition.Create(typeof(ToyData.Row));
        schema["Features"].ColumnType = new VectorDataViewType(NumberDataViewType.Single, 2);
        using PredictionEngine<ToyData.Row, ToyData.Prediction> engine = ml.Model.CreatePredictionEngine<ToyData.Row, ToyData.Prediction>(model, inputSchemaDefinition: schema);
        foreach (float[] row in distant)
        {
            ToyData.Prediction alone = engine.Predict(new ToyData.Row { Features = row });
            foreach (int position in positions)
            {
                List<float[]> rows = [.. ordinary];
                rows.Insert(position, row);
                IDataView scored = model.Transform(ToyData.View(ml, rows));
                List<float> scores = [.. Scored.Values(scored)];
                Assert.IsTrue(scored.GetColumn<bool>("PredictedLabel").ElementAt(position) && alone.PredictedLabel);
                Assert.IsTrue(float.IsFinite(scores[position]) && scores[position] > expected.Max(), $"({row[0]}, {row[1]}) scores {scores[position]}");
                Assert.AreEqual(1, alone.Score / scores[position], 1e-5);
                scores.RemoveAt(position);
                CollectionAssert.AreEqual(expected, scores.ToArray());
            }
        }
    }
}
