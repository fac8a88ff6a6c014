using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Data;
using Microsoft.ML.Implicit.Estimators;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Tests.Estimators.Tuning;

[TestClass]
public sealed class NetworkTuningTests
{
    private const int Width = 6;

    [TestMethod]
    public void Penalties_too_small_for_noisy_labels_grow_layer_by_layer_and_the_model_is_saved()
    {
        var ml = new MLContext(seed: 1);
        (IDataView train, IDataView validation) = (Data(ml, 60, 1), Data(ml, 200, 2));
        var options = new DeepEquilibriumOptions { HiddenWidth = 8, EnsembleSize = 1, Dropout = 0, Training = { MaximumEpochs = 40, BatchSize = 30, LearningRate = 0.02, Seed = 1 } };
        var told = new List<TuningProgress>();
        RegularizationTuning<DeepEquilibriumTransformer> tuned = ml.Implicit().TuneRegularization(
            ml.Regression.Trainers.DeepEquilibrium(options), train, validation, new RegularizationTuningOptions { Progress = new Telling(told.Add), MaximumEvaluations = 10 });
        Assert.HasCount(10, tuned.History);
        CollectionAssert.AreEqual(told, tuned.History.ToArray());
        IReadOnlyDictionary<string, double> found = Found(options, new() { MaximumEvaluations = 10 }, with => ml.Regression.Trainers.DeepEquilibrium((DeepEquilibriumOptions)with).Fit(train, validation)).Penalties;
        Assert.IsTrue(found.Values.All(penalty => penalty > 0 && double.IsFinite(penalty)));
        Assert.IsGreaterThan(2e-3, found.Values.Max(), tuned.ToString());
        Assert.Contains("head_weight", found.Keys);
        CollectionAssert.AreEqual(tuned.IsKept ? found.Select(penalty => new TunedPenalty(penalty.Key, penalty.Value)).ToArray() : [], tuned.Penalties.ToArray());
        Assert.IsNull(tuned.ExampleWeights);
        Assert.IsNull(tuned.InputNoise);

        using var file = new MemoryStream();
        ml.Model.Save(tuned.Model, train.Schema, file);
        file.Position = 0;
        CollectionAssert.AreEqual(Scores(tuned.Model, validation), Scores(ml.Model.Load(file, out _), validation));
        CollectionAssert.AreEqual(Scores(tuned.Model, validation), Scores(((DeepEquilibriumRegressionTrainer)tuned.Trainer).Fit(train, validation), validation));
    }

    [TestMethod]
    public void Noise_of_the_inputs_of_a_neural_ode_is_tuned_with_one_penalty()
    {
        var ml = new MLContext(seed: 1);
        (IDataView train, IDataView validation) = (Data(ml, 60, 3), Data(ml, 100, 4));
        var options = new NeuralOdeOptions { HiddenWidth = 8, EnsembleSize = 1, Dropout = 0, Training = { MaximumEpochs = 12, BatchSize = 30, LearningRate = 0.02, Seed = 1 } };
        var tuning = new RegularizationTuningOptions { Penalties = PenaltySharing.One, TuneInputNoise = true, MaximumEvaluations = 4 };
        NetworkTuner found = Found(options, tuning, with => ml.Regression.Trainers.NeuralOde((NeuralOdeOptions)with).Fit(train, validation));
        Assert.HasCount(1, found.Penalties.Values.Select(penalty => Math.Round(penalty, 12)).Distinct().ToArray());
        Assert.AreNotEqual(1e-3, found.Penalties.Values.First());
        Assert.AreNotEqual(0.1, found.InputNoise);
        Assert.IsTrue(found.InputNoise > 0 && double.IsFinite(found.InputNoise));
    }

    [TestMethod]
    public void Noise_grows_where_labels_are_noisy_and_falls_where_features_say_all()
    {
        var ml = new MLContext(seed: 1);
        var tuning = new RegularizationTuningOptions { Penalties = PenaltySharing.Fixed, TuneInputNoise = true, MaximumEvaluations = 20 };
        double noisy = Noise(Data(ml, 40, 1), Data(ml, 400, 2)), exact = Noise(Waves(ml, 400, 3), Waves(ml, 200, 4));
        Assert.IsGreaterThan(0.2, noisy);
        Assert.IsLessThan(0.05, exact);

        double Noise(IDataView train, IDataView validation) => Found(
            NoiseOptions(0), tuning, with => ml.Regression.Trainers.DeepEquilibrium((DeepEquilibriumOptions)with).Fit(train, validation)).InputNoise;
    }

    [TestMethod]
    public void Tuned_noise_predicts_better_than_none_where_labels_are_noisy_and_is_handed_back()
    {
        var ml = new MLContext(seed: 1);
        (IDataView train, IDataView validation, IDataView test) = (Data(ml, 40, 1), Data(ml, 400, 2), Data(ml, 1000, 5));
        var tuning = new RegularizationTuningOptions { Penalties = PenaltySharing.Fixed, TuneInputNoise = true, MaximumEvaluations = 20 };
        using DeepEquilibriumTransformer free = ml.Regression.Trainers.DeepEquilibrium(NoiseOptions(0)).Fit(train, validation);
        RegularizationTuning<DeepEquilibriumTransformer> tuned = ml.Implicit().TuneRegularization(ml.Regression.Trainers.DeepEquilibrium(NoiseOptions(0)), train, validation, tuning);
        using DeepEquilibriumTransformer model = tuned.Model;
        Assert.IsTrue(tuned.IsKept, tuned.ToString());
        Assert.IsGreaterThan(0.2, tuned.InputNoise!.Value);
        Assert.HasCount(20, tuned.History);
        Assert.Contains("noise of the inputs", tuned.ToString());
        Assert.IsLessThan(0.97 * Error(free), Error(model));
        using DeepEquilibriumTransformer given = ml.Regression.Trainers.DeepEquilibrium(NoiseOptions(tuned.InputNoise.Value)).Fit(train, validation);
        CollectionAssert.AreEqual(Scores(given, test), Scores(model, test));

        double Error(ITransformer transformer) => ml.Regression.Evaluate(transformer.Transform(test)).RootMeanSquaredError;
    }

    [TestMethod]
    public void Rows_with_wrong_labels_lose_their_weight()
    {
        var ml = new MLContext(seed: 1);
        ClassRow[] rows = Classes(160, 7), held = Classes(80, 8);
        bool[] isWrong = [.. rows.Select((_, i) => i % 10 < 3)];
        IDataView train = ml.Data.LoadFromEnumerable(rows.Select((row, i) => new ClassRow { Features = row.Features, Label = row.Label ^ isWrong[i] }).ToArray());
        var options = new DeepEquilibriumOptions
        {
            HiddenWidth = 16,
            EnsembleSize = 1,
            Dropout = 0.1,
            InputDropout = 0,
            Training = { MaximumEpochs = 15, BatchSize = 80, LearningRate = 0.02, WeightDecay = 0.1, Seed = 1 },
        };
        DeepEquilibriumBinaryTrainer trainer = ml.BinaryClassification.Trainers.DeepEquilibrium(options);
        RegularizationTuning<DeepEquilibriumTransformer> tuned = ml.Implicit().TuneRegularization(
            trainer, train, ml.Data.LoadFromEnumerable(held), new RegularizationTuningOptions { Penalties = PenaltySharing.Fixed, TuneExampleWeights = true, MaximumEvaluations = 5 });
        Assert.HasCount(160, tuned.ExampleWeights!);
        Assert.IsEmpty(tuned.Penalties);
        double wrong = tuned.ExampleWeights!.Where((_, i) => isWrong[i]).Average(), right = tuned.ExampleWeights!.Where((_, i) => !isWrong[i]).Average();
        Assert.IsLessThan(0.7 * right, wrong, $"{wrong} against {right}");
        tuned.Model.Dispose();
    }

    [TestMethod]
    public void Features_of_a_network_have_penalties_of_their_own()
    {
        var ml = new MLContext(seed: 1);
        (IDataView train, IDataView validation) = (Data(ml, 60, 1), Data(ml, 200, 2));
        var options = new DeepEquilibriumOptions { HiddenWidth = 8, EnsembleSize = 1, Dropout = 0, Training = { MaximumEpochs = 20, BatchSize = 30, LearningRate = 0.02, Seed = 1 } };
        var tuning = new RegularizationTuningOptions { Penalties = PenaltySharing.EachFeature, MaximumEvaluations = 6 };
        IReadOnlyDictionary<string, double> found = Found(options, tuning, with => ml.Regression.Trainers.DeepEquilibrium((DeepEquilibriumOptions)with).Fit(train, validation)).Penalties;
        KeyValuePair<string, double>[] features = [.. found.Where(penalty => penalty.Key.EndsWith(']'))];
        Assert.HasCount(Width, features);
        Assert.HasCount(Width, features.Select(penalty => penalty.Value).Distinct().ToArray());
        Assert.Contains("head_weight", found.Keys);

        // A feature whose weights are held at zero says nothing.
        options.Penalties = found.ToDictionary(penalty => penalty.Key, penalty => penalty.Key == features[0].Key ? 1e3 : 0);
        using DeepEquilibriumTransformer held = ml.Regression.Trainers.DeepEquilibrium(options).Fit(train);
        options.Penalties = found.ToDictionary(penalty => penalty.Key, _ => 0.0);
        using DeepEquilibriumTransformer free = ml.Regression.Trainers.DeepEquilibrium(options).Fit(train);
        Assert.IsLessThan(0.2 * Effect(free), Effect(held));

        double Effect(ITransformer model)
        {
            float[] at = Scores(model, At(-0.5f)), other = Scores(model, At(0.5f));
            return at.Zip(other, (first, second) => Math.Abs(first - second)).Average();
        }

        IDataView At(float value) => ml.Data.LoadFromEnumerable(ml.Data.CreateEnumerable<Row>(validation, reuseRowObject: false)
            .Select(row => new Row { Features = [value, .. row.Features[1..]], Label = row.Label }).ToArray());
    }

    [TestMethod]
    public void A_network_that_needs_no_other_penalties_keeps_its_own()
    {
        var ml = new MLContext(seed: 1);
        (IDataView train, IDataView validation) = (Data(ml, 200, 1), Data(ml, 20, 2));
        var options = new DeepEquilibriumOptions { HiddenWidth = 8, EnsembleSize = 1, Training = { MaximumEpochs = 20, BatchSize = 50, WeightDecay = 1, Seed = 1 } };
        DeepEquilibriumRegressionTrainer trainer = ml.Regression.Trainers.DeepEquilibrium(options);
        RegularizationTuning<DeepEquilibriumTransformer> tuned = ml.Implicit().TuneRegularization(trainer, train, validation, new RegularizationTuningOptions { MaximumEvaluations = 3 });
        Assert.IsFalse(tuned.IsKept);
        Assert.AreSame(trainer, tuned.Trainer);
        Assert.Contains("own settings", tuned.ToString());
        using DeepEquilibriumTransformer own = trainer.Fit(train, validation);
        CollectionAssert.AreEqual(Scores(own, validation), Scores(tuned.Model, validation));
        Assert.AreEqual(Loss(own), tuned.ValidationLoss, 1e-6);
        Assert.IsEmpty(tuned.Penalties);

        options.Penalties = new Dictionary<string, double> { ["head_weight"] = 0.5 };
        trainer = ml.Regression.Trainers.DeepEquilibrium(options);
        var noise = new RegularizationTuningOptions { TuneInputNoise = true, MaximumEvaluations = 1 };
        RegularizationTuning<DeepEquilibriumTransformer> other = ml.Implicit().TuneRegularization(trainer, train, Data(ml, 1, 2), noise);
        Assert.IsFalse(other.IsKept);
        CollectionAssert.AreEqual(new[] { new TunedPenalty("head_weight", 0.5) }, other.Penalties.ToArray());
        Assert.AreEqual(0, other.InputNoise);
        tuned.Model.Dispose();
        other.Model.Dispose();

        double Loss(DeepEquilibriumTransformer model)
        {
            using DisposeScope scope = NewDisposeScope();
            Tensor features = tensor(validation.GetColumn<float[]>("Features").SelectMany(row => row).ToArray()).view(-1, Width);
            return model.Model.Losses(new TrainingSet(features, tensor(validation.GetColumn<float>("Label").ToArray()), null, null)).mean().item<float>();
        }
    }

    [TestMethod]
    public void Large_penalties_and_much_noise_leave_little_of_what_features_say()
    {
        var ml = new MLContext(seed: 1);
        IDataView train = Data(ml, 80, 5);
        double free = Spread(new Dictionary<string, double>(), 0), held = Spread(new Dictionary<string, double> { ["head_weight"] = 100 }, 0), noisy = Spread(new Dictionary<string, double>(), 20);
        Assert.IsLessThan(0.5 * free, held);
        Assert.IsLessThan(0.7 * free, noisy);

        double Spread(Dictionary<string, double> penalties, double noise)
        {
            using DeepEquilibriumTransformer model = ml.Regression.Trainers.DeepEquilibrium(Options(penalties, noise)).Fit(train);
            float[] scores = Scores(model, train);
            return Math.Sqrt(scores.Average(score => Math.Pow(score - scores.Average(), 2)));
        }
    }

    [TestMethod]
    public void What_a_network_has_not_is_refused_by_name()
    {
        var ml = new MLContext(seed: 1);
        IDataView train = Data(ml, 60, 6);
        string message = Assert.ThrowsExactly<ArgumentException>(() => ml.Regression.Trainers.DeepEquilibrium(Options(new() { ["layer9"] = 1 }, 0)).Fit(train)).Message;
        Assert.Contains("layer9", message);
        Assert.Contains("'head_weight'", message);
        Assert.Contains("Penalties", Assert.ThrowsExactly<ArgumentException>(() => ml.Regression.Trainers.DeepEquilibrium(Options(new() { ["head_weight"] = -1 }, 0))).Message);
        Assert.Contains("InputNoise", Assert.ThrowsExactly<ArgumentException>(() => ml.Regression.Trainers.DeepEquilibrium(Options([], -1))).Message);
        var folds = new RegularizationTuningOptions { ValidationFolds = 3 };
        Assert.Contains("ValidationFolds", Assert.ThrowsExactly<ArgumentException>(
            () => ml.Implicit().TuneRegularization(ml.Regression.Trainers.DeepEquilibrium(Options([], 0)), train, train, folds)).Message);
        using var source = new CancellationTokenSource();
        source.Cancel();
        Assert.Throws<OperationCanceledException>(() => ml.Implicit().TuneRegularization(
            ml.Regression.Trainers.DeepEquilibrium(Options([], 0)), train, train, new RegularizationTuningOptions { CancellationToken = source.Token }));
    }

    // What a network's tuner finds, whether or not it would be kept.
    private static NetworkTuner Found(PredictionTrainerOptions options, RegularizationTuningOptions tuning, Func<PredictionTrainerOptions, IDisposable> fit)
    {
        using var tuner = new NetworkTuner(tuning, options.Penalties, options.InputNoise, null);
        fit(options.With(tuner, options.Training.ForTuning(1, CancellationToken.None))).Dispose();
        return tuner;
    }

    private static DeepEquilibriumOptions Options(Dictionary<string, double> penalties, double noise) => new()
    {
        HiddenWidth = 8,
        EnsembleSize = 1,
        Dropout = 0,
        Penalties = penalties,
        InputNoise = noise,
        Training = { MaximumEpochs = 15, BatchSize = 80, LearningRate = 0.05, Seed = 1 },
    };

    // Without any other regularisation.
    private static DeepEquilibriumOptions NoiseOptions(double noise) => new()
    {
        HiddenWidth = 16,
        EnsembleSize = 1,
        Dropout = 0,
        InputDropout = 0,
        InputNoise = noise,
        Training = { MaximumEpochs = 40, BatchSize = 40, LearningRate = 0.02, WeightDecay = 0, Seed = 1 },
    };

    private static float[] Scores(ITransformer model, IDataView data) => [.. model.Transform(data).GetColumn<float>("Score")];

    // Labels that are mostly noise.
    private static IDataView Data(MLContext ml, int count, int seed)
    {
        var random = new Random(seed);
        return ml.Data.LoadFromEnumerable(Enumerable.Range(0, count).Select(_ =>
        {
            float[] features = [.. Enumerable.Range(0, Width).Select(_ => (float)(random.NextDouble() - 0.5))];
            return new Row { Features = features, Label = features[0] + (float)(1.5 * (random.NextDouble() - 0.5)) };
        }).ToArray());
    }

    // Labels without noise that move quickly with their features.
    private static IDataView Waves(MLContext ml, int count, int seed)
    {
        var random = new Random(seed);
        return ml.Data.LoadFromEnumerable(Enumerable.Range(0, count).Select(_ =>
        {
            float[] features = [.. Enumerable.Range(0, Width).Select(_ => (float)(random.NextDouble() - 0.5))];
            return new Row { Features = features, Label = MathF.Sin(8 * features[0]) + features[1] };
        }).ToArray());
    }

    private sealed class Row
    {
        [VectorType(Width)]
        public float[] Features { get; set; } = [];

        public float Label { get; set; }
    }

    // Inside of a circle or not.
    private static ClassRow[] Classes(int count, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ =>
        {
            float[] features = [(float)((2 * random.NextDouble()) - 1), (float)((2 * random.NextDouble()) - 1)];
            return new ClassRow { Features = features, Label = (features[0] * features[0]) + (features[1] * features[1]) < 0.64 };
        })];
    }

    private sealed class ClassRow
    {
        [VectorType(2)]
        public float[] Features { get; set; } = [];

        public bool Label { get; set; }
    }

    private sealed class Telling(Action<TuningProgress> action) : IProgress<TuningProgress>
    {
        public void Report(TuningProgress value) => action(value);
    }
}
