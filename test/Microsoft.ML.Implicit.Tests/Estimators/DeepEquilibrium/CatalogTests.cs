using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Estimators;

namespace Microsoft.ML.Implicit.Tests.Estimators.DeepEquilibrium;

/// <summary>The models through ML.NET's own catalogue functions.</summary>
[TestClass]
public class CatalogTests
{
    [TestMethod]
    public void Multiclass_is_evaluated_and_cross_validated()
    {
        var ml = new MLContext(seed: 1);
        IDataView data = RealData.Iris(ml);
        var folds = ml.MulticlassClassification.CrossValidate(data, ml.MulticlassClassification.Trainers.DeepEquilibrium(QuickOptions.Create(epochs: 60)), numberOfFolds: 3);
        double accuracy = folds.Average(fold => fold.Metrics.MicroAccuracy);
        Assert.IsGreaterThan(0.9, accuracy);
    }

    [TestMethod]
    public void Binary_gives_calibrated_probabilities()
    {
        var ml = new MLContext(seed: 1);
        DataOperationsCatalog.TrainTestData split = ml.Data.TrainTestSplit(RealData.BreastCancer(ml), 0.3, seed: 1);
        DeepEquilibriumTransformer model = ml.BinaryClassification.Trainers.DeepEquilibrium(QuickOptions.Create(epochs: 20)).Fit(split.TrainSet);
        IDataView scored = model.Transform(split.TestSet);
        CalibratedBinaryClassificationMetrics metrics = ml.BinaryClassification.Evaluate(scored);
        Assert.IsGreaterThan(0.93, metrics.Accuracy);
        Assert.IsLessThan(0.35, metrics.LogLoss, "log loss in bits; an uninformed 50:50 guess has 1");
        float[] scores = Scored.Values(scored);
        float[] probabilities = Scored.Values(scored, "Probability");
        for (int i = 0; i < scores.Length; i++)
        {
            Assert.AreEqual(1 / (1 + Math.Exp(-scores[i])), probabilities[i], 1e-6);
        }
    }

    [TestMethod]
    public void Regression_explains_most_of_the_variance()
    {
        var ml = new MLContext(seed: 1);
        DataOperationsCatalog.TrainTestData split = ml.Data.TrainTestSplit(RealData.Concrete(ml), 0.2, seed: 1);
        DeepEquilibriumOptions options = QuickOptions.Create(epochs: 60);
        options.HiddenWidth = 64;
        RegressionMetrics metrics = ml.Regression.Evaluate(ml.Regression.Trainers.DeepEquilibrium(options).Fit(split.TrainSet).Transform(split.TestSet));
        Assert.IsGreaterThan(0.8, metrics.RSquared);
    }

    [TestMethod]
    public void Permutation_feature_importance_finds_the_petals()
    {
        var ml = new MLContext(seed: 1);
        IDataView data = RealData.Iris(ml);
        DeepEquilibriumTransformer model = ml.MulticlassClassification.Trainers.DeepEquilibrium(QuickOptions.Create(epochs: 120)).Fit(data);
        var importance = ml.MulticlassClassification.PermutationFeatureImportance(model, data, permutationCount: 3);
        double[] drops = [.. importance.Select(metrics => -metrics.MicroAccuracy.Mean)];
        Assert.IsGreaterThan(Math.Max(drops[0], drops[1]), Math.Max(drops[2], drops[3]), "petals tell iris species apart, sepals hardly");
    }

    [TestMethod]
    public void Permutation_feature_importance_finds_the_feature_that_a_binary_and_a_regression_model_rest_on()
    {
        var ml = new MLContext(seed: 1);
        var random = new Random(1);
        IDataView data = ml.Data.LoadFromEnumerable(Enumerable.Range(0, 200).Select(_ =>
        {
            float noise = random.NextSingle(), cause = random.NextSingle();
            return new CausedRow { Features = [noise, cause], Amount = 3 * cause, Label = cause > 0.5f };
        }).ToArray());
        DeepEquilibriumOptions options = QuickOptions.Create(epochs: 30);
        using DeepEquilibriumTransformer binary = ml.BinaryClassification.Trainers.DeepEquilibrium(options).Fit(data);
        double[] accuracy = [.. ml.BinaryClassification.PermutationFeatureImportance(binary, binary.Transform(data), permutationCount: 2).Select(metrics => metrics.Accuracy.Mean)];
        Assert.IsLessThan(accuracy[0] - 0.2, accuracy[1]);
        options.LabelColumnName = nameof(CausedRow.Amount);
        using DeepEquilibriumTransformer regression = ml.Regression.Trainers.DeepEquilibrium(options).Fit(data);
        double[] explained = [.. ml.Regression.PermutationFeatureImportance(regression, regression.Transform(data), labelColumnName: nameof(CausedRow.Amount), permutationCount: 2).Select(metrics => metrics.RSquared.Mean)];
        Assert.IsLessThan(explained[0] - 0.2, explained[1]);
    }

    [TestMethod]
    public void Permutation_feature_importance_of_a_chain_names_the_features()
    {
        var ml = new MLContext(seed: 1);
        string[] names = ["SepalLength", "SepalWidth", "PetalLength", "PetalWidth"];
        IDataView data = RealData.Iris(ml, names);
        ITransformer model = ml.Transforms.Concatenate("Features", names)
            .Append(ml.MulticlassClassification.Trainers.DeepEquilibrium(QuickOptions.Create(epochs: 120)))
            .Fit(data);
        var importance = ml.MulticlassClassification.PermutationFeatureImportance(model, model.Transform(data), permutationCount: 3);
        CollectionAssert.AreEquivalent(names, importance.Keys.ToArray());
        StringAssert.StartsWith(importance.MinBy(entry => entry.Value.MicroAccuracy.Mean).Key, "Petal", StringComparison.Ordinal);
    }

    [TestMethod]
    public void Binary_and_regression_are_cross_validated()
    {
        var ml = new MLContext(seed: 1);
        var binary = ml.BinaryClassification.CrossValidate(RealData.BreastCancer(ml), ml.BinaryClassification.Trainers.DeepEquilibrium(QuickOptions.Create(epochs: 5)), numberOfFolds: 2);
        Assert.IsGreaterThan(0.9, binary.Average(fold => fold.Metrics.Accuracy));
        var regression = ml.Regression.CrossValidate(RealData.Concrete(ml), ml.Regression.Trainers.DeepEquilibrium(QuickOptions.Create(epochs: 10)), numberOfFolds: 2);
        Assert.IsGreaterThan(0.4, regression.Average(fold => fold.Metrics.RSquared));
    }

    [TestMethod]
    public void Example_weights_move_the_model()
    {
        var ml = new MLContext(seed: 1);
        WeightedRow[] rows = [.. Enumerable.Range(0, 200).Select(i => new WeightedRow { Features = [i % 2], Label = i % 4 < 2 ? 1 : 3, Weight = i % 4 < 2 ? 3 : 1 })];
        IDataView data = ml.Data.LoadFromEnumerable(rows);
        DeepEquilibriumOptions options = QuickOptions.Create(epochs: 60);
        options.ExampleWeightColumnName = "Weight";
        float[] scores = Scored.Values(ml.Regression.Trainers.DeepEquilibrium(options).Fit(data).Transform(data));
        Assert.AreEqual(1.5, scores.Average(), 0.1, "the weighted mean of the labels");
    }

    private sealed class CausedRow
    {
        [VectorType(2)]
        public float[] Features { get; set; } = [];

        public bool Label { get; set; }

        public float Amount { get; set; }
    }

    private sealed class WeightedRow
    {
        [VectorType(1)]
        public float[] Features { get; set; } = [];

        public float Label { get; set; }

        public float Weight { get; set; }
    }
}
