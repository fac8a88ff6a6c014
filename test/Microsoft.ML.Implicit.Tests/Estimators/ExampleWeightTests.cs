using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Estimators;

namespace Microsoft.ML.Implicit.Tests.Estimators;

[TestClass]
public sealed class ExampleWeightTests
{
    [TestMethod]
    public void Rows_of_weight_zero_are_as_good_as_absent()
    {
        // Among 16 rows a batch, a row more would be a batch without any weight.
        WeightedRow[] rows = [.. Enumerable.Range(0, 16).Select(i => new WeightedRow { Features = [i], Label = i * i, Weight = 1 + (i % 3) })];
        WeightedRow[] more = [.. rows, new WeightedRow { Features = [float.NaN], Label = 1e9f, Weight = 0 }];
        foreach (Func<MLContext, IEstimator<ITransformer>> trainer in Trainers())
        {
            CollectionAssert.AreEqual(Scores(trainer, rows, rows), Scores(trainer, more, rows));
        }
    }

    [TestMethod]
    [DataRow(-130)]
    [DataRow(-60)]
    [DataRow(60)]
    [DataRow(126)]
    public void A_common_factor_of_all_weights_changes_nothing(int exponent)
    {
        WeightedRow[] rows = [.. Enumerable.Range(0, 40).Select(i => new WeightedRow { Features = [i], Label = i * i, Weight = 1 + (i % 3) })];
        WeightedRow[] scaled = [.. rows.Select(row => new WeightedRow { Features = row.Features, Label = row.Label, Weight = MathF.ScaleB(row.Weight, exponent) })];
        foreach (Func<MLContext, IEstimator<ITransformer>> trainer in Trainers())
        {
            CollectionAssert.AreEqual(Scores(trainer, rows, rows), Scores(trainer, scaled, rows));
        }
    }

    [TestMethod]
    public void Rows_of_next_to_no_weight_are_as_good_as_absent()
    {
        WeightedRow[] rows = [.. Enumerable.Range(0, 16).Select(i => new WeightedRow { Features = [i], Label = i * i, Weight = 1e10f })];
        WeightedRow[] more = [.. rows, new WeightedRow { Features = [1e6f], Label = 1e9f, Weight = 1e-40f }];
        foreach (Func<MLContext, IEstimator<ITransformer>> trainer in Trainers())
        {
            float[] scores = Scores(trainer, more, rows);
            Assert.IsTrue(scores.All(float.IsFinite));
            CollectionAssert.AreEqual(Scores(trainer, rows, rows), scores);
        }
    }

    [TestMethod]
    public void Data_without_any_weight_is_refused()
    {
        var ml = new MLContext(seed: 1);
        IDataView data = ml.Data.LoadFromEnumerable([new WeightedRow { Features = [1], Label = 1 }, new WeightedRow { Features = [2], Label = 2 }]);
        foreach (Func<MLContext, IEstimator<ITransformer>> trainer in Trainers())
        {
            string message = Assert.ThrowsExactly<InvalidOperationException>(() => trainer(ml).Fit(data)).Message;
            StringAssert.Contains(message, "a weight above 0 in column 'Weight'", StringComparison.Ordinal);
        }
    }

    private static float[] Scores(Func<MLContext, IEstimator<ITransformer>> trainer, WeightedRow[] training, WeightedRow[] rows)
    {
        var ml = new MLContext(seed: 1);
        return Scored.Values(trainer(ml).Fit(ml.Data.LoadFromEnumerable(training)).Transform(ml.Data.LoadFromEnumerable(rows)));
    }

    private static IEnumerable<Func<MLContext, IEstimator<ITransformer>>> Trainers()
    {
        var regression = new DeepEquilibriumOptions { ExampleWeightColumnName = nameof(WeightedRow.Weight), HiddenWidth = 8, EnsembleSize = 1 };
        var flow = new NormalizingFlowOptions { ExampleWeightColumnName = nameof(WeightedRow.Weight), HiddenWidth = 8 };
        regression.Training.MaximumEpochs = flow.Training.MaximumEpochs = 2;
        yield return ml => ml.Regression.Trainers.DeepEquilibrium(regression);
        yield return ml => ml.AnomalyDetection.Trainers.NormalizingFlow(flow);
    }

    private sealed class WeightedRow
    {
        [VectorType(1)]
        public float[] Features { get; set; } = [];

        public float Label { get; set; }

        public float Weight { get; set; }
    }
}
