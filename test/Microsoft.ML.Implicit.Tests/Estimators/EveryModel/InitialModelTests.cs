using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Estimators;
using Microsoft.ML.Implicit.Training;

namespace Microsoft.ML.Implicit.Tests.Estimators.EveryModel;

/// <summary>Training that goes on from a model.</summary>
[TestClass]
public sealed class InitialModelTests
{
    private static readonly ModelRow[] Rows = ModelRow.Create(120);

    public static IEnumerable<object[]> Kinds => TrainerCase.Kinds;

    [TestMethod]
    [DynamicData(nameof(Kinds))]
    public void It_sets_out_from_the_model_and_leaves_it_as_it_is(string kind)
    {
        var ml = new MLContext(seed: 1);
        (IDataView first, IDataView later) = Halves(ml);
        TrainerCase trainer = TrainerCase.Of(kind);
        ITransformer initial = trainer.Fit(ml, first, change: training => training.MaximumEpochs = 3);
        float[][] before = TrainerCase.Read(initial.Transform(later));

        // Steps too small to be seen: whatever differs would have been drawn or measured anew.
        AssertSame(before, TrainerCase.Read(trainer.Fit(ml, later, initial: initial, change: training => training.LearningRate = 1e-12).Transform(later)), 1e-5);
        ITransformer further = trainer.Fit(ml, later, initial: initial, change: training => (training.MaximumEpochs, training.LearningRate) = (3, 0.01));
        Assert.IsTrue(trainer.ModelOf(initial).State.Zip(trainer.ModelOf(further).State).Any(pair => !pair.First.allclose(pair.Second)), "something was learned");
        AssertSame(before, TrainerCase.Read(initial.Transform(later)), 0);
        Assert.AreEqual(trainer.ModelOf(initial).ParameterCount, trainer.ModelOf(further).ParameterCount);
        Assert.HasCount(3, trainer.ModelOf(further).Training!.Networks.Single().Epochs);
    }

    [TestMethod]
    [DynamicData(nameof(Kinds))]
    public void It_goes_on_alike_from_a_fitted_and_from_a_loaded_model(string kind)
    {
        var ml = new MLContext(seed: 1);
        (IDataView first, IDataView later) = Halves(ml);
        TrainerCase trainer = TrainerCase.Of(kind);
        ITransformer fitted = trainer.Fit(ml, first);
        using var file = new MemoryStream();
        ml.Model.Save(fitted, first.Schema, file);
        file.Position = 0;
        ITransformer loaded = new MLContext().Model.Load(file, out _);
        float[][] expected = TrainerCase.Read(trainer.Fit(ml, later, initial: fitted).Transform(first));
        AssertSame(expected, TrainerCase.Read(trainer.Fit(ml, later, initial: loaded).Transform(first)), 0);
    }

    [TestMethod]
    public void A_literal_null_stands_for_no_validation_rows()
    {
        var ml = new MLContext(seed: 1);
        IDataView data = ml.Data.LoadFromEnumerable(Rows);
        DeepEquilibriumRegressionTrainer trainer = ml.Regression.Trainers.DeepEquilibrium(new DeepEquilibriumOptions { HiddenWidth = 8, EnsembleSize = 1, Training = { MaximumEpochs = 1, Seed = 1 } });
        using DeepEquilibriumTransformer plain = trainer.Fit(data), literal = trainer.Fit(data, null);
        Assert.AreSequenceEqual(Scored.Values(plain.Transform(data)), Scored.Values(literal.Transform(data)));
    }

    [TestMethod]
    [DynamicData(nameof(Kinds))]
    public void Where_nothing_is_better_on_validation_rows_the_model_itself_is_the_result(string kind)
    {
        var ml = new MLContext(seed: 1);
        (IDataView first, IDataView later) = Halves(ml);
        TrainerCase trainer = TrainerCase.Of(kind);
        ITransformer initial = trainer.Fit(ml, first, validation: later, change: training => training.MaximumEpochs = 20);

        // Rows of which nothing is to be learned but how to do worse on the others.
        IDataView spoilt = ml.Data.LoadFromEnumerable(ModelRow.Create(60).Select((row, i) => new ModelRow
        {
            Features = [row.Features![1], row.Features[0]],
            Context = row.Context,
            Label = -5 * row.Label,
            IsHigh = row.IsHigh,
            Class = 1 + (row.Class % 3),
            Costs = [row.Costs![2], row.Costs[0], row.Costs[1]],
            Time = row.Time,
            Level = [row.Level![0], row.Level[1], 40 * (i % 2)],
            IsSeen = row.IsSeen,
            Run = row.Run,
            Hour = row.Hour,
            Field = [.. row.Field!.Select((value, point) => value * ((i + point) % 3))],
        }).ToArray());
        ITransformer result = trainer.Fit(ml, spoilt, validation: later, initial: initial, change: training => (training.MaximumEpochs, training.LearningRate, training.Schedule) = (1, 0.5, LearningRateSchedule.Constant));
        Assert.AreEqual(0, trainer.ModelOf(result).Training!.Networks.Single().BestEpoch);
        AssertSame(TrainerCase.Read(initial.Transform(later)), TrainerCase.Read(result.Transform(later)), 1e-5);
    }

    [TestMethod]
    [DynamicData(nameof(Kinds))]
    public void A_model_that_was_disposed_of_is_refused(string kind)
    {
        var ml = new MLContext(seed: 1);
        (IDataView first, _) = Halves(ml);
        TrainerCase trainer = TrainerCase.Of(kind);
        ITransformer initial = trainer.Fit(ml, first);
        ((IDisposable)initial).Dispose();
        Assert.ThrowsExactly<ObjectDisposedException>(() => trainer.Fit(ml, first, initial: initial));
    }

    [TestMethod]
    public void A_model_of_other_features_classes_or_tasks_is_refused_with_the_reason()
    {
        var ml = new MLContext(seed: 1);
        Animal[] animals = [.. Enumerable.Range(0, 30).Select(i => new Animal { Features = [i % 3, 0], Name = i % 3 == 0 ? "cat" : i % 3 == 1 ? "dog" : "eel", Size = i % 3, Wide = [0, i % 3, 1] })];
        IDataView named = Keyed(animals), reversed = Keyed([.. animals.Reverse()]);
        var options = new DeepEquilibriumOptions { HiddenWidth = 8, EnsembleSize = 1, Training = { MaximumEpochs = 1, Seed = 1 } };
        using DeepEquilibriumTransformer initial = ml.MulticlassClassification.Trainers.DeepEquilibrium(options).Fit(named);
        ml.MulticlassClassification.Trainers.DeepEquilibrium(options).Fit(named, initial.Model).Dispose();
        StringAssert.Contains(Message(() => ml.MulticlassClassification.Trainers.DeepEquilibrium(options).Fit(reversed, initial.Model)), "classes must be the same, in the same order", StringComparison.Ordinal);

        options.LabelColumnName = "Size";
        StringAssert.Contains(Message(() => ml.Regression.Trainers.DeepEquilibrium(options).Fit(named, initial.Model)), "predicts something else than column 'Size'", StringComparison.Ordinal);
        using DeepEquilibriumTransformer sizes = ml.Regression.Trainers.DeepEquilibrium(options).Fit(named);
        Animal[] huge = [.. animals.Select(animal => new Animal { Features = animal.Features, Name = animal.Name, Size = 1e6f * animal.Size, Wide = animal.Wide })];
        string unit = Message(() => ml.Regression.Trainers.DeepEquilibrium(options).Fit(Keyed(huge), sizes.Model));
        StringAssert.Contains(unit, "those of column 'Size' are 1E+06 with one of 8.16E+05. Give them in the same unit", StringComparison.Ordinal);
        options.FeatureColumnName = "Wide";
        StringAssert.Contains(Message(() => ml.Regression.Trainers.DeepEquilibrium(options).Fit(named, sizes.Model)), "reads 2 features, and column 'Wide' holds 3", StringComparison.Ordinal);

        using NormalizingFlowTransformer flow = ml.AnomalyDetection.Trainers.NormalizingFlow(new NormalizingFlowOptions { HiddenWidth = 8, Training = options.Training }).Fit(named);
        var directions = new NormalizingFlowOptions { HiddenWidth = 8, ManifoldFeatures = [ManifoldFeature.Angle(0)], Training = options.Training };
        StringAssert.Contains(Message(() => ml.AnomalyDetection.Trainers.NormalizingFlow(directions).Fit(named, flow.Model)), "angles", StringComparison.Ordinal);

        IDataView Keyed(Animal[] rows)
        {
            IDataView data = ml.Data.LoadFromEnumerable(rows);
            return ml.Transforms.Conversion.MapValueToKey("Label", "Name").Fit(data).Transform(data);
        }

        static string Message(Action fit) => Assert.ThrowsExactly<ArgumentException>(fit).Message;
    }

    private static (IDataView First, IDataView Later) Halves(MLContext ml) => (ml.Data.LoadFromEnumerable(Rows[..60]), ml.Data.LoadFromEnumerable(Rows[60..]));

    private static void AssertSame(float[][] expected, float[][] actual, double tolerance)
    {
        Assert.HasCount(expected.Length, actual);
        foreach ((float left, float right) in expected.Zip(actual).SelectMany(rows => rows.First.Zip(rows.Second)))
        {
            Assert.AreEqual(left, right, (float)(tolerance * (1 + Math.Abs(left))));
        }
    }

    private sealed class Animal
    {
        [VectorType(2)]
        public float[] Features { get; set; } = [];

        [VectorType(3)]
        public float[] Wide { get; set; } = [];

        public string Name { get; set; } = string.Empty;

        public float Size { get; set; }
    }
}
