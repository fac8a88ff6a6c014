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
            CollectionAssert.AreEqual(Scores(trainer, rows), Scores(trainer, more));
        }

        float[] Scores(Func<MLContext, IEstimator<ITransformer>> trainer, WeightedRow[] training)
        {
            var ml = new MLContext(seed: 1);
            return Scored.Values(trainer(ml).Fit(ml.Data.LoadFromEnumerable(training)).Transform(ml.Data.LoadFromEnumerable(rows)));
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
