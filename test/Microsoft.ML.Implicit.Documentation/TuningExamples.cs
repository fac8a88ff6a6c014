using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Differentiation;
using Microsoft.ML.Implicit.Estimators;
using Microsoft.ML.Implicit.LinearAlgebra;
using Microsoft.ML.Trainers;
using TorchSharp;
using static TorchSharp.torch;

namespace Documentation;

/// <summary>The code of docs/tuning.md.</summary>
[TestClass]
public sealed class TuningExamples
{
    [TestMethod]
    public void Each_feature_has_a_penalty()
    {
        var ml = new MLContext(seed: 1);
        IDataView rows = Mixes(ml, 120);

        var split = ml.Data.TrainTestSplit(rows, testFraction: 0.3, seed: 1);
        PenalizedLinearRegressionTrainer trainer = ml.Regression.Trainers.PenalizedLinear("Strength");
        var tuned = ml.Implicit().TuneRegularization(trainer, split.TrainSet, split.TestSet);

        Console.WriteLine(tuned);                                   // penalties by feature, and losses evaluation by evaluation
        ml.Model.Save(tuned.Model, rows.Schema, "tuned.zip");
        ITransformer onAllRows = tuned.Trainer.Fit(rows);           // the trainer with the tuned penalties

        Assert.IsGreaterThan(0.8, ml.Regression.Evaluate(onAllRows.Transform(rows), "Strength").RSquared);

        var logistic = ml.BinaryClassification.Trainers.PenalizedLinear(new PenalizedLinearOptions
        {
            LabelColumnName = "Strong",
            Penalties = [.. tuned.Penalties.Select(penalty => penalty.Value)],
        });

        Assert.IsGreaterThan(0.8, ml.BinaryClassification.Evaluate(logistic.Fit(rows).Transform(rows), "Strong").Accuracy);
    }

    [TestMethod]
    public void Rows_that_contradict_the_validation_rows_lose_their_weight()
    {
        var ml = new MLContext(seed: 1);
        IDataView train = Mixes(ml, 80), validation = Mixes(ml, 60);
        var progress = new Progress<TuningProgress>();

        var options = new RegularizationTuningOptions { Penalties = PenaltySharing.One, TuneExampleWeights = true, Progress = progress };
        var weighted = ml.Implicit().TuneRegularization(ml.BinaryClassification.Trainers.PenalizedLinear("Strong"), train, validation, options);
        int[] suspects = [.. Enumerable.Range(0, weighted.ExampleWeights!.Count).OrderBy(row => weighted.ExampleWeights[row]).Take(20)];

        Assert.HasCount(20, suspects);
    }

    [TestMethod]
    public void Networks_have_a_penalty_a_matrix_and_noise()
    {
        var ml = new MLContext(seed: 1);
        var split = ml.Data.TrainTestSplit(Mixes(ml, 60), testFraction: 0.3, seed: 1);

        var network = ml.Regression.Trainers.DeepEquilibrium(new DeepEquilibriumOptions { LabelColumnName = "Strength", EnsembleSize = 1, Training = { MaximumEpochs = 40 } });
        var tunedNetwork = ml.Implicit().TuneRegularization(network, split.TrainSet, split.TestSet, new RegularizationTuningOptions { TuneInputNoise = true });
        Console.WriteLine($"noise of {tunedNetwork.InputNoise:G2} deviations; {string.Join(", ", tunedNetwork.Penalties)}; kept: {tunedNetwork.IsKept}");

        Assert.AreEqual(tunedNetwork.IsKept, tunedNetwork.InputNoise > 0);
        tunedNetwork.Model.Dispose();
    }

    [TestMethod]
    public void Trainers_and_operations_come_from_the_catalogs()
    {
        var ml = new MLContext(seed: 1);

        var linear = ml.Regression.Trainers.PenalizedLinear("Strength");
        var linearWithOptions = ml.Regression.Trainers.PenalizedLinear(new PenalizedLinearOptions { LabelColumnName = "Strength", Penalty = 0.01 });
        var logistic = ml.BinaryClassification.Trainers.PenalizedLinear("Defaulted");
        var logisticWithOptions = ml.BinaryClassification.Trainers.PenalizedLinear(new PenalizedLinearOptions { LabelColumnName = "Defaulted", Penalty = 0.01 });
        var softmax = ml.MulticlassClassification.Trainers.PenalizedLinear("Species");
        var softmaxWithOptions = ml.MulticlassClassification.Trainers.PenalizedLinear(new PenalizedLinearOptions { LabelColumnName = "Species", Penalty = 0.01 });
        ImplicitOperationsCatalog operations = ml.Implicit();

        Assert.IsTrue(new object[] { linear, linearWithOptions, logistic, logisticWithOptions, softmax, softmaxWithOptions, operations }.All(each => each is not null));
        var split = ml.Data.TrainTestSplit(Mixes(ml, 60), testFraction: 0.3, seed: 1);

        RegularizationTuning<RegressionPredictionTransformer<LinearRegressionModelParameters>> tuned =
            ml.Implicit().TuneRegularization(ml.Regression.Trainers.PenalizedLinear("Strength"), split.TrainSet, split.TestSet);

        Assert.HasCount(3, tuned.Penalties);
    }

    [TestMethod]
    public void Hypergradients_of_a_ridge_regression()
    {
        using DisposeScope scope = NewDisposeScope();
        var generator = new Generator(1);
        Tensor x = randn([20, 3], ScalarType.Float64, generator: generator), heldOut = randn([20, 3], ScalarType.Float64, generator: generator);
        Tensor y = x.sum(1), heldOutLabels = heldOut.sum(1);
        Tensor logPenalties = zeros(3, ScalarType.Float64).requires_grad_();
        Tensor w = linalg.solve((x.t().mm(x) / 20) + eye(3, dtype: ScalarType.Float64), x.t().mv(y) / 20).requires_grad_();

        Tensor training = (x.mv(w) - y).pow(2).mean() / 2 + (logPenalties.exp() * w.pow(2)).sum() / 2;
        Tensor validation = (heldOut.mv(w) - heldOutLabels).pow(2).mean() / 2;
        HypergradientResult slope = new Hypergradient(new CholeskySolver(), isConvex: true).Compute(training, validation, [w], [logPenalties]);

        // There is no noise, and so smaller penalties are better.
        Assert.IsTrue(slope.Gradients[0].gt(0).all().item<bool>());
    }

    private static IDataView Mixes(MLContext ml, int count)
    {
        var random = new Random(1);
        return ml.Data.LoadFromEnumerable(Enumerable.Range(0, count).Select(_ =>
        {
            float[] features = [.. Enumerable.Range(0, 3).Select(_ => random.NextSingle())];
            float strength = (3 * features[0]) - features[1] + (0.3f * random.NextSingle());
            return new Mix { Features = features, Strength = strength, Strong = strength > 1 };
        }).ToArray());
    }

    private sealed class Mix
    {
        [VectorType(3)]
        public float[] Features { get; set; } = [];

        public float Strength { get; set; }

        public bool Strong { get; set; }
    }
}
