using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Estimators;
using Microsoft.ML.Implicit.Training;

namespace Microsoft.ML.Implicit.Tests.Estimators.NormalizingFlow;

/// <summary>The trainer and its transformer within ML.NET.</summary>
[TestClass]
public sealed class AnomalyDetectionTests
{
    [TestMethod]
    public void Rows_far_from_the_data_are_anomalies_to_ML_NETs_evaluator()
    {
        var ml = new MLContext(seed: 1);
        float[][] normal = ToyData.Lumps(300, 2);
        float[][] odd = [.. Enumerable.Range(0, 30).Select(i => new[] { -200f + i, 0.5f })];
        IDataView test = ToyData.View(ml, normal.Concat(odd), labels: Enumerable.Repeat(0f, 300).Concat(Enumerable.Repeat(1f, 30)));
        using NormalizingFlowTransformer model = Train(ml, epochs: 80);
        AnomalyDetectionMetrics metrics = ml.AnomalyDetection.Evaluate(model.Transform(test));
        Assert.IsGreaterThan(0.98, metrics.AreaUnderRocCurve);
        Assert.IsGreaterThan(0.9, metrics.DetectionRateAtFalsePositiveCount);
    }

    [TestMethod]
    public void The_contamination_is_the_fraction_of_training_rows_flagged()
    {
        var ml = new MLContext(seed: 1);
        IDataView data = ToyData.View(ml, ToyData.Lumps(400, 1));
        NormalizingFlowOptions options = QuickOptions.Create();
        options.Contamination = 0.1;
        options.Training.ValidationFraction = 0;
        using NormalizingFlowTransformer model = ml.AnomalyDetection.Trainers.NormalizingFlow(options).Fit(data);
        Assert.AreEqual(40, Flags(model.Transform(data)).Count(flag => flag));
    }

    [TestMethod]
    public void The_threshold_can_be_changed_afterwards()
    {
        var ml = new MLContext(seed: 1);
        IDataView data = ToyData.View(ml, ToyData.Lumps(400, 1));
        using NormalizingFlowTransformer model = Train(ml);
        using NormalizingFlowTransformer strict = ml.AnomalyDetection.ChangeModelThreshold(model, float.NegativeInfinity);
        using NormalizingFlowTransformer lax = ml.AnomalyDetection.ChangeModelThreshold(model, float.PositiveInfinity);
        Assert.IsTrue(Flags(strict.Transform(data)).All(flag => flag));
        Assert.IsFalse(Flags(lax.Transform(data)).Any(flag => flag));
        CollectionAssert.AreEqual(Scored.Values(model.Transform(data)), Scored.Values(strict.Transform(data)));
    }

    [TestMethod]
    public void The_score_is_minus_the_log_density_and_columns_carry_ML_NETs_annotations()
    {
        var ml = new MLContext(seed: 1);
        IDataView data = ToyData.View(ml, ToyData.Lumps(50, 1));
        NormalizingFlowOptions options = QuickOptions.Create();
        options.Scoring = AnomalyScoring.LogDensity;
        using NormalizingFlowTransformer model = ml.AnomalyDetection.Trainers.NormalizingFlow(options).Fit(data);
        IDataView scored = model.Transform(data);
        float[] scores = Scored.Values(scored);
        CollectionAssert.AreEqual(scores.Select(s => -s).ToArray(), Scored.Values(scored, "LogDensity"));
        foreach (string name in new[] { "Score", "PredictedLabel", "LogDensity", "ScoreQuantile" })
        {
            ReadOnlyMemory<char> kind = default;
            scored.Schema[name].Annotations.GetValue("ScoreColumnKind", ref kind);
            Assert.AreEqual("AnomalyDetection", kind.ToString());
        }
    }

    [TestMethod]
    public void Scored_by_direction_and_length_a_row_nearer_to_the_centre_than_all_others_is_an_anomaly()
    {
        const int dimensions = 20;
        var ml = new MLContext(seed: 1);
        var random = new Random(1);
        float[][] rows = [.. Enumerable.Range(0, 500).Select(_ => Enumerable.Range(0, dimensions).Select(_ => (float)ToyData.Normal(random)).ToArray())];
        NormalizingFlowOptions options = QuickOptions.Create();
        options.Scoring = AnomalyScoring.PolarLogDensity;
        using NormalizingFlowTransformer model = ml.AnomalyDetection.Trainers.NormalizingFlow(options).Fit(ToyData.View(ml, rows));
        IDataView odd = ToyData.View(ml, [new float[dimensions], rows[0], [.. rows[0].Select(value => 3 * value)], [.. rows[0].Select(_ => float.NaN)]]);
        IDataView scored = model.Transform(odd);
        CollectionAssert.AreEqual(new[] { true, false, true, false }, Flags(scored));
        float[] logDensities = Scored.Values(scored, "LogDensity");
        Assert.IsGreaterThan(logDensities[1], logDensities[0]);
        using var file = new MemoryStream();
        ml.Model.Save(model, odd.Schema, file);
        file.Position = 0;
        CollectionAssert.AreEqual(Scored.Values(scored), Scored.Values(new MLContext().Model.Load(file, out _).Transform(odd)));
    }

    [TestMethod]
    public void The_score_by_direction_and_length_is_the_log_density_in_polar_coordinates()
    {
        Assert.AreEqual(7, PolarScore.Of(-7, meanSquare: 1, dimension: 20), 1e-12);
        Assert.AreEqual(7 - 19 * Math.Log(2), PolarScore.Of(-7, meanSquare: 4, dimension: 20), 1e-12);
        Assert.AreEqual(7, PolarScore.Of(-7, meanSquare: 4, dimension: 1), 1e-12);
    }

    [TestMethod]
    [DataRow(1e-3, false)]
    [DataRow(1e-3, true)]
    [DataRow(1e-6, false)]
    public void The_score_by_direction_and_length_takes_the_length_where_the_flow_starts(double tolerance, bool isConditional)
    {
        const int dimensions = 5;
        var ml = new MLContext(seed: 1);
        var random = new Random(1);
        float[][] rows = [.. Enumerable.Range(0, 300).Select(_ => Enumerable.Range(0, dimensions).Select(i => (float)((i * 10) + ToyData.Normal(random))).ToArray())];
        IDataView data = ToyData.View(ml, rows, rows.Select(row => row[..1]));
        NormalizingFlowOptions options = QuickOptions.Create(epochs: 1);
        options.Scoring = AnomalyScoring.PolarLogDensity;
        options.Tolerance = tolerance;
        options.ContextColumnName = isConditional ? "Context" : null;

        // An untrained flow maps every point to itself, so that latent vectors show where it starts.
        options.Training.LearningRate = 1e-12;
        using NormalizingFlowTransformer model = ml.AnomalyDetection.Trainers.NormalizingFlow(options).Fit(data);
        IDataView scored = model.Transform(data), encoded = model.Model.Encode(data, contextColumnName: options.ContextColumnName);

        float[] logDensities = Scored.Values(encoded, "LogDensity");
        CollectionAssert.AreEqual(logDensities, Scored.Values(scored, "LogDensity"));
        double[] meanSquares = [.. Scored.Vectors(encoded, "Latent").Select(z => z.Average(v => (double)v * v))];
        double[] expected = [.. logDensities.Zip(meanSquares, (density, square) => PolarScore.Of(density, square, dimensions))];
        Assert.IsLessThan(1e-5, Scored.Values(scored).Zip(expected, (score, e) => Math.Abs(score - e)).Max());
    }

    [TestMethod]
    public void A_saved_chain_scores_bit_for_bit_the_same_in_a_fresh_context()
    {
        var ml = new MLContext(seed: 1);
        IDataView data = ToyData.View(ml, ToyData.Lumps(200, 1));
        ITransformer model = ml.Transforms.NormalizeMinMax("Features").Append(ml.AnomalyDetection.Trainers.NormalizingFlow(QuickOptions.Create())).Fit(data);
        using var file = new MemoryStream();
        ml.Model.Save(model, data.Schema, file);
        file.Position = 0;
        ITransformer loaded = new MLContext().Model.Load(file, out _);
        CollectionAssert.AreEqual(Scored.Values(model.Transform(data)), Scored.Values(loaded.Transform(data)));
        CollectionAssert.AreEqual(Flags(model.Transform(data)), Flags(loaded.Transform(data)));
    }

    [TestMethod]
    public void A_prediction_engine_gives_what_the_batch_gives()
    {
        var ml = new MLContext(seed: 1);
        float[][] rows = ToyData.Lumps(20, 2);
        NormalizingFlowTransformer model = Train(ml);
        float[] expected = Scored.Values(model.Transform(ToyData.View(ml, rows)));
        SchemaDefinition schema = SchemaDefinition.Create(typeof(ToyData.Row));
        schema["Features"].ColumnType = new VectorDataViewType(NumberDataViewType.Single, 2);
        using PredictionEngine<ToyData.Row, ToyData.Prediction> engine = ml.Model.CreatePredictionEngine<ToyData.Row, ToyData.Prediction>(model, inputSchemaDefinition: schema);
        for (int i = 0; i < rows.Length; i++)
        {
            Assert.AreEqual(expected[i], engine.Predict(new ToyData.Row { Features = rows[i] }).Score, 1e-3);
        }
    }

    [TestMethod]
    public void A_row_that_is_not_finite_scores_NaN()
    {
        var ml = new MLContext(seed: 1);
        using NormalizingFlowTransformer model = Train(ml);
        IDataView scored = model.Transform(ToyData.View(ml, [[-200, 0.1f], [float.NaN, 0.1f], [0, float.PositiveInfinity]]));
        float[] scores = Scored.Values(scored);
        Assert.IsTrue(float.IsFinite(scores[0]) && float.IsNaN(scores[1]) && float.IsNaN(scores[2]));
        CollectionAssert.AreEqual(new[] { false, false }, Flags(scored)[1..]);
    }

    [TestMethod]
    public void An_extreme_row_has_a_finite_score()
    {
        var ml = new MLContext(seed: 1);
        using NormalizingFlowTransformer model = Train(ml);
        float[] scores = Scored.Values(model.Transform(ToyData.View(ml, [[-200, 0.1f], [1e6f, 0.1f], [0, -1e6f]])));
        Assert.IsTrue(scores.All(float.IsFinite));
        Assert.IsGreaterThan(1000 + scores[0], scores[1]);
    }

    [TestMethod]
    public void The_same_seed_gives_the_same_model()
    {
        float[] Score(int seed)
        {
            var ml = new MLContext(seed: 1);
            IDataView data = ToyData.View(ml, ToyData.Lumps(200, 1));
            using NormalizingFlowTransformer model = ml.AnomalyDetection.Trainers.NormalizingFlow(QuickOptions.Create(seed: seed)).Fit(data);
            return Scored.Values(model.Transform(data));
        }

        CollectionAssert.AreEqual(Score(1), Score(1));
        CollectionAssert.AreNotEqual(Score(1), Score(2));
    }

    [TestMethod]
    public void Validation_rows_stop_training_early_and_progress_says_so()
    {
        var ml = new MLContext(seed: 1);
        var reports = new List<TrainingProgress>();
        NormalizingFlowOptions options = QuickOptions.Create(epochs: 400);
        options.Training.EarlyStoppingPatience = 3;
        options.Training.Progress = new Reports(reports);
        using NormalizingFlowTransformer model = ml.AnomalyDetection.Trainers.NormalizingFlow(options)
            .Fit(ToyData.View(ml, ToyData.Lumps(60, 1)), ToyData.View(ml, ToyData.Lumps(100, 2)));
        Assert.IsLessThan(400, reports.Count);
        Assert.IsTrue(reports.All(r => r.ValidationLoss is not null && r.SolverIterations > 0));
    }

    [TestMethod]
    [DataRow(FlowTrainingMethod.MaximumLikelihood)]
    [DataRow(FlowTrainingMethod.FlowMatching)]
    public void Cancellation_throws_or_returns_the_best_model_as_asked(FlowTrainingMethod method)
    {
        var ml = new MLContext(seed: 1);
        IDataView data = ToyData.View(ml, ToyData.Lumps(200, 1));
        NormalizingFlowOptions Cancelling(CancellationBehavior behavior)
        {
            var source = new CancellationTokenSource();
            NormalizingFlowOptions options = QuickOptions.Create(epochs: 100_000);
            options.Method = method;
            options.Training.CancellationToken = source.Token;
            options.Training.OnCancellation = behavior;
            options.Training.Progress = new Reports([], report =>
            {
                if (report.Epoch == 3)
                {
                    source.Cancel();
                }
            });
            return options;
        }

        Assert.ThrowsExactly<OperationCanceledException>(() => ml.AnomalyDetection.Trainers.NormalizingFlow(Cancelling(CancellationBehavior.Throw)).Fit(data));
        using NormalizingFlowTransformer model = ml.AnomalyDetection.Trainers.NormalizingFlow(Cancelling(CancellationBehavior.ReturnBestModel)).Fit(data);
        Assert.IsTrue(Scored.Values(model.Transform(data)).All(float.IsFinite));
    }

    private static NormalizingFlowTransformer Train(MLContext ml, int epochs = 10)
    {
        NormalizingFlowOptions options = QuickOptions.Create(epochs);
        options.HiddenWidth = 32;
        return ml.AnomalyDetection.Trainers.NormalizingFlow(options).Fit(ToyData.View(ml, ToyData.Lumps(400, 1)));
    }

    private static bool[] Flags(IDataView scored) => [.. scored.GetColumn<bool>("PredictedLabel")];

    private sealed class Reports(List<TrainingProgress> all, Action<TrainingProgress>? then = null) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value)
        {
            all.Add(value);
            then?.Invoke(value);
        }
    }
}
