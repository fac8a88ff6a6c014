using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Estimators;
using Microsoft.ML.Implicit.Training;

namespace Microsoft.ML.Implicit.Tests.Estimators.Distillation;

[TestClass]
public sealed class RowDistillationTests
{
    [TestMethod]
    public void A_regression_on_a_few_learned_rows_is_that_on_all()
    {
        var ml = new MLContext(seed: 1);
        IDataView data = RealData.Concrete(ml);
        PenalizedLinearRegressionTrainer trainer = ml.Regression.Trainers.PenalizedLinear();
        RowDistillation distilled = ml.Implicit().DistillRows(trainer, data, count: 4);
        Assert.AreEqual(4L, distilled.Rows.GetRowCount());
        Assert.AreEqual(distilled.FullLoss, distilled.Loss, 0.001 * distilled.FullLoss);
        Assert.IsGreaterThan(1.5 * distilled.FullLoss, distilled.RandomLoss);

        double[] labels = [.. data.GetColumn<float>("Label").Select(label => (double)label)];
        double variance = labels.Average(label => Math.Pow(label - labels.Average(), 2));
        Assert.AreEqual(distilled.Loss, ml.Regression.Evaluate(trainer.Fit(distilled.Rows).Transform(data)).MeanSquaredError / variance / 2, 1e-4);
        Assert.Contains("4 rows", distilled.ToString());
    }

    [TestMethod]
    public void Classes_keep_their_names_and_other_trainers_take_the_rows()
    {
        var ml = new MLContext(seed: 1);
        IDataView data = RealData.Iris(ml);
        PenalizedLinearMulticlassTrainer trainer = ml.MulticlassClassification.Trainers.PenalizedLinear();
        RowDistillation distilled = ml.Implicit().DistillRows(trainer, data, count: 6);
        Assert.AreEqual(data.Schema["Label"].Type, distilled.Rows.Schema["Label"].Type);
        Assert.AreEqual(data.Schema["Features"].Type, distilled.Rows.Schema["Features"].Type);
        IDataView named = ml.Transforms.Conversion.MapKeyToValue("Label").Fit(distilled.Rows).Transform(distilled.Rows);
        Assert.HasCount(3, named.GetColumn<ReadOnlyMemory<char>>("Label").Select(name => name.ToString()).Distinct().ToArray());
        Assert.IsLessThan(1.1 * distilled.FullLoss, distilled.Loss);
        MulticlassClassificationMetrics metrics = ml.MulticlassClassification.Evaluate(trainer.Fit(distilled.Rows).Transform(data));
        Assert.AreEqual(distilled.Loss, metrics.LogLoss, 1e-3);
        Assert.IsGreaterThan(0.5, ml.MulticlassClassification.Evaluate(ml.MulticlassClassification.Trainers.LbfgsMaximumEntropy().Fit(distilled.Rows).Transform(data)).MicroAccuracy);
    }

    [TestMethod]
    public void Rows_keep_the_spread_of_the_data_where_a_row_a_class_tells_them_apart_at_any()
    {
        var ml = new MLContext(seed: 1);
        foreach (int seed in new[] { 1, 2, 3 })
        {
            IDataView data = ml.Data.LoadFromEnumerable(Rows(200, seed));
            RowDistillation distilled = ml.Implicit().DistillRows(ml.BinaryClassification.Trainers.PenalizedLinear("IsHigh"), data, count: 2);

            // Features are uniform from 0 to 1: a dozen of their deviations.
            float[] all = [.. distilled.Rows.GetColumn<float[]>("Features").SelectMany(row => row)];
            Assert.IsInRange(-4, 4, all.Min(), distilled.ToString());
            Assert.IsInRange(-4, 4, all.Max(), distilled.ToString());
            Assert.IsLessThanOrEqualTo(distilled.RandomLoss, distilled.Loss);
        }
    }

    [TestMethod]
    public void A_Boolean_is_learned_and_weights_too_where_the_trainer_weighs_rows()
    {
        var ml = new MLContext(seed: 1);
        IDataView data = ml.Data.LoadFromEnumerable(Rows(200, 1));
        RowDistillation plain = ml.Implicit().DistillRows(ml.BinaryClassification.Trainers.PenalizedLinear("IsHigh"), data, count: 4);
        Assert.AreEqual(plain.FullLoss, plain.Loss, 0.01 * plain.FullLoss);
        Assert.IsNull(plain.Rows.Schema.GetColumnOrNull("Weight"));
        PenalizedLinearBinaryTrainer weighing = ml.BinaryClassification.Trainers.PenalizedLinear("IsHigh", exampleWeightColumnName: "Weight");
        RowDistillation weighted = ml.Implicit().DistillRows(weighing, data, count: 4);
        Assert.AreEqual(weighted.FullLoss, weighted.Loss, 0.01 * weighted.FullLoss);
        float[] weights = [.. weighted.Rows.GetColumn<float>("Weight")];
        Assert.AreEqual(1, weights.Average(), 1e-5);
        Assert.IsGreaterThan(1e-3, weights.Max() - weights.Min());
    }

    [TestMethod]
    public void Units_do_not_matter_and_a_seed_repeats_its_rows()
    {
        var ml = new MLContext(seed: 1);
        Row[] rows = Rows(100, 2);
        Row[] scaled = [.. rows.Select(row => row with { Features = [row.Features[0] * 1024, row.Features[1] / 1024, row.Features[2]], Label = row.Label * 128 })];
        var options = new RowDistillationOptions { Count = 3, MaximumEvaluations = 15 };
        (float[][] vectors, float[] labels) = Learn(rows);
        (float[][] again, _) = Learn(rows);
        (float[][] others, float[] otherLabels) = Learn(scaled);
        options.Seed = 2;
        CollectionAssert.AreEqual(vectors[0], again[0]);
        CollectionAssert.AreNotEqual(vectors[0], Learn(rows).Features[0]);
        for (int row = 0; row < 3; row++)
        {
            Assert.AreEqual(vectors[row][0], others[row][0] / 1024, 1e-4);
            Assert.AreEqual(vectors[row][1], others[row][1] * 1024, 1e-4);
            Assert.AreEqual(labels[row], otherLabels[row] / 128, 1e-4);
        }

        (float[][] Features, float[] Labels) Learn(Row[] data)
        {
            IDataView learned = ml.Implicit().DistillRows(ml.Regression.Trainers.PenalizedLinear(), ml.Data.LoadFromEnumerable(data), options).Rows;
            return (Scored.Vectors(learned, "Features"), Scored.Values(learned, "Label"));
        }
    }

    [TestMethod]
    public void A_feature_that_does_not_vary_stays_what_it_is()
    {
        var ml = new MLContext(seed: 1);
        IDataView data = ml.Data.LoadFromEnumerable(Rows(50, 3).Select(row => row with { Features = [row.Features[0], 0.1f, row.Features[2]] }));
        RowDistillation distilled = ml.Implicit().DistillRows(ml.Regression.Trainers.PenalizedLinear(), data, count: 3);
        Assert.IsTrue(Scored.Vectors(distilled.Rows, "Features").All(row => row[1] == 0.1f));
        Assert.AreEqual(distilled.FullLoss, distilled.Loss, 0.01 * distilled.FullLoss);
    }

    [TestMethod]
    public void A_cancelled_distillation_throws_or_gives_the_best_so_far()
    {
        var ml = new MLContext(seed: 1);
        IDataView data = ml.Data.LoadFromEnumerable(Rows(50, 4));
        using var source = new CancellationTokenSource();
        var told = new List<TuningProgress>();
        var progress = new Telling(evaluation =>
        {
            told.Add(evaluation);
            if (evaluation.Evaluation == 3)
            {
                source.Cancel();
            }
        });
        var options = new RowDistillationOptions { Count = 3, Progress = progress, CancellationToken = source.Token, OnCancellation = CancellationBehavior.ReturnBestModel };
        RowDistillation distilled = ml.Implicit().DistillRows(ml.Regression.Trainers.PenalizedLinear(), data, options);
        CollectionAssert.AreEqual(told, distilled.History.ToArray());
        Assert.HasCount(3, told);
        options.OnCancellation = CancellationBehavior.Throw;
        Assert.Throws<OperationCanceledException>(() => ml.Implicit().DistillRows(ml.Regression.Trainers.PenalizedLinear(), data, options));
    }

    [TestMethod]
    public void What_cannot_be_distilled_is_refused_by_name()
    {
        var ml = new MLContext(seed: 1);
        IDataView iris = RealData.Iris(ml);
        Assert.Contains("Count", Refusal(new RowDistillationOptions { Count = 1 }));
        Assert.Contains("MaximumEvaluations", Refusal(new RowDistillationOptions { MaximumEvaluations = 0 }));
        Assert.Contains("3 classes", Refusal(new RowDistillationOptions { Count = 2 }));
        Assert.Contains("150 rows", Refusal(new RowDistillationOptions { Count = 150 }));
        Assert.Contains("Price", Assert.ThrowsExactly<ArgumentException>(() => ml.Implicit().DistillRows(ml.Regression.Trainers.PenalizedLinear("Price"), iris, 5)).Message);

        string Refusal(RowDistillationOptions options) =>
            Assert.ThrowsExactly<ArgumentException>(() => ml.Implicit().DistillRows(ml.MulticlassClassification.Trainers.PenalizedLinear(), iris, options)).Message;
    }

    private static Row[] Rows(int count, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ =>
        {
            float[] features = [random.NextSingle(), random.NextSingle(), random.NextSingle()];
            float label = (3 * features[0]) - features[1] + (0.5f * random.NextSingle());
            return new Row { Features = features, Label = label, IsHigh = label + random.NextSingle() > 1.8f, Weight = 0.5f + random.NextSingle() };
        })];
    }

    private sealed record Row
    {
        [VectorType(3)]
        public float[] Features { get; set; } = [];

        public float Label { get; set; }

        public bool IsHigh { get; set; }

        public float Weight { get; set; }
    }

    private sealed class Telling(Action<TuningProgress> action) : IProgress<TuningProgress>
    {
        public void Report(TuningProgress value) => action(value);
    }
}
