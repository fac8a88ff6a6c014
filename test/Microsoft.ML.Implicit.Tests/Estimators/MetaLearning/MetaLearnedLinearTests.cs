using Microsoft.ML.Implicit.Estimators;
using Microsoft.ML.Implicit.Training;

namespace Microsoft.ML.Implicit.Tests.Estimators.MetaLearning;

[TestClass]
public sealed class MetaLearnedLinearTests
{
    [TestMethod]
    public void A_few_rows_of_a_new_task_tell_more_than_one_model_for_all_and_one_for_each()
    {
        var ml = new MLContext(seed: 1);
        IDataView train = View(ml, TaskRow.Create(25, 6, seed: 1));
        MetaLearnedLinearTransformer model = ml.Regression.Trainers.MetaLearnedLinear().Fit(train);
        ITransformer joint = ml.Regression.Trainers.PenalizedLinear().Fit(train);
        TaskRow[] rows = TaskRow.Create(20, 20, seed: 2, first: 100);
        TaskRow[] few = [.. rows.GroupBy(row => row.Task).SelectMany(task => task.Take(3))], others = [.. rows.GroupBy(row => row.Task).SelectMany(task => task.Skip(3))];
        MetaLearnedLinearTransformer adapted = model.Adapt(View(ml, few));
        double separate = rows.GroupBy(row => row.Task).Average(task => Error(ml, ml.Regression.Trainers.PenalizedLinear().Fit(View(ml, [.. task.Take(3)])), [.. task.Skip(3)]));
        Assert.IsLessThan(0.1 * Error(ml, joint, others), Error(ml, adapted, others));
        Assert.IsLessThan(0.2 * separate, Error(ml, adapted, others));

        // What is the same for all tasks is expensive to leave, and what is not is cheap.
        Assert.AreEqual("Features[0], Features[1], intercept", string.Join(", ", adapted.Penalties.Select(penalty => penalty.Name)));
        Assert.IsGreaterThan(4 * adapted.Penalties[0].Value, adapted.Penalties[1].Value);
        Assert.IsLessThan(adapted.Penalties[0].Value, adapted.Penalties[2].Value);
        Assert.Contains("25 tasks", model.ToString());
        Assert.HasCount(45, adapted.Tasks);
        Assert.HasCount(25, model.Tasks);
    }

    [TestMethod]
    public void An_unknown_task_is_scored_by_what_is_shared_and_a_known_one_as_it_was_adapted_to()
    {
        var ml = new MLContext(seed: 1);
        TaskRow[] rows = TaskRow.Create(6, 10, seed: 3);
        MetaLearnedLinearTransformer model = ml.Regression.Trainers.MetaLearnedLinear().Fit(View(ml, rows));
        TaskRow[] unknown = [.. rows.Take(20).Select(row => row with { Task = "none" })], missing = [.. rows.Take(20).Select(row => row with { Task = "" })];
        CollectionAssert.AreEqual(Scores(ml, model, unknown), Scores(ml, model, missing));
        Assert.IsLessThan(0.2 * Error(ml, model, unknown), Error(ml, model, [.. rows.Take(20)]));

        // The same rows adapt to the same weights again, and leave those of other tasks alone.
        MetaLearnedLinearTransformer again = model.Adapt(View(ml, [.. rows.Take(10)]));
        AssertSame(Scores(ml, model, rows), Scores(ml, again, rows), 1e-5f);
        MetaLearnedLinearTransformer named = model.Adapt(View(ml, [.. rows.Take(10).Select(row => row with { Task = "none" })]));
        AssertSame(Scores(ml, model, [.. rows.Take(10)]), Scores(ml, named, [.. unknown.Take(10)]), 1e-5f);
    }

    [TestMethod]
    [DataRow("numbers")]
    [DataRow("two classes")]
    [DataRow("three classes")]
    public void A_model_is_saved_and_loaded_with_its_tasks_and_adapts_on(string labels)
    {
        var ml = new MLContext(seed: 1);
        IDataView data = Keyed(ml, TaskRow.Create(8, 8, seed: 4)), few = Keyed(ml, TaskRow.Create(1, 5, seed: 5, first: 9));
        var options = new MetaLearnedLinearOptions { LabelColumnName = labels switch { "numbers" => "Label", "two classes" => "IsHigh", _ => "Class" }, MaximumEvaluations = 8 };
        MetaLearnedLinearTrainer trainer = labels switch
        {
            "numbers" => ml.Regression.Trainers.MetaLearnedLinear(options),
            "two classes" => ml.BinaryClassification.Trainers.MetaLearnedLinear(options),
            _ => ml.MulticlassClassification.Trainers.MetaLearnedLinear(options),
        };
        MetaLearnedLinearTransformer model = trainer.Fit(data);
        using var file = new MemoryStream();
        ml.Model.Save(model, data.Schema, file);
        file.Position = 0;
        var loaded = (MetaLearnedLinearTransformer)new MLContext().Model.Load(file, out _);
        foreach ((MetaLearnedLinearTransformer before, MetaLearnedLinearTransformer after, IDataView rows) in new[] { (model, loaded, data), (model.Adapt(few), loaded.Adapt(few), few) })
        {
            CollectionAssert.AreEqual(Outputs(before.Transform(rows)), Outputs(after.Transform(rows)));
        }

        CollectionAssert.AreEqual(model.History.ToArray(), loaded.History.ToArray());
        CollectionAssert.AreEqual(model.Tasks.ToArray(), loaded.Tasks.ToArray());
        Assert.IsGreaterThan(0.85, labels switch
        {
            "numbers" => ml.Regression.Evaluate(model.Transform(data)).RSquared,
            "two classes" => ml.BinaryClassification.Evaluate(model.Transform(data), "IsHigh").Accuracy,
            _ => ml.MulticlassClassification.Evaluate(model.Transform(data), "Class").MicroAccuracy,
        });

        float[] Outputs(IDataView scored) => labels == "three classes" ? [.. Scored.Vectors(scored).SelectMany(row => row)] : Scored.Values(scored);
    }

    [TestMethod]
    public void Neither_the_order_of_tasks_nor_units_nor_the_type_of_the_tasks_names_matter()
    {
        var ml = new MLContext(seed: 1);
        TaskRow[] rows = TaskRow.Create(6, 8, seed: 6);
        TaskRow[] turned = [.. rows.GroupBy(row => row.Task).Reverse().SelectMany(task => task)];
        TaskRow[] scaled = [.. rows.Select(row => row with { Features = [row.Features[0] * 100, (row.Features[1] / 100) + 3], Label = (row.Label * 10) + 5 })];
        float[] plain = Scores(ml, Fit(rows), rows);
        AssertSame(plain, Scores(ml, Fit(turned), rows), 1e-3f);
        AssertSame(plain, [.. Scores(ml, Fit(scaled), scaled).Select(score => (score - 5) / 10)], 1e-3f);
        CollectionAssert.AreEqual(plain, Scores(ml, Fit(rows), rows));
        CollectionAssert.AreNotEqual(plain, Scores(ml, Fit(rows, seed: 2), rows));

        MetaLearnedLinearTransformer numbered = ml.Regression.Trainers.MetaLearnedLinear(taskColumnName: "Number").Fit(View(ml, rows));
        CollectionAssert.AreEqual(new[] { "0", "1", "2", "3", "4", "5" }, numbered.Tasks.ToArray());
        IDataView keyed = Keyed(ml, rows);
        MetaLearnedLinearTransformer byKey = ml.Regression.Trainers.MetaLearnedLinear(taskColumnName: "Key").Fit(keyed);
        AssertSame(plain, Scored.Values(byKey.Transform(keyed)), 1e-6f);

        MetaLearnedLinearTransformer Fit(TaskRow[] data, int seed = 1) => ml.Regression.Trainers.MetaLearnedLinear(new MetaLearnedLinearOptions { Seed = seed }).Fit(View(ml, data));
    }

    [TestMethod]
    public void Only_the_proportions_of_weights_count_and_a_row_of_weight_0_is_none()
    {
        var ml = new MLContext(seed: 1);
        TaskRow[] rows = [.. TaskRow.Create(5, 6, seed: 7).Select((row, i) => row with { Weight = 1 + (i % 3) })];
        TaskRow[] scaled = [.. rows.Select(row => row with { Weight = row.Weight * 10 }), rows[0] with { Label = 1000, Weight = 0 }];
        MetaLearnedLinearTrainer trainer = ml.Regression.Trainers.MetaLearnedLinear(exampleWeightColumnName: "Weight");
        float[] weighted = Scores(ml, trainer.Fit(View(ml, rows)), rows);
        AssertSame(weighted, Scores(ml, trainer.Fit(View(ml, scaled)), rows), 1e-4f);
        CollectionAssert.AreNotEqual(weighted, Scores(ml, ml.Regression.Trainers.MetaLearnedLinear().Fit(View(ml, rows)), rows));
    }

    [TestMethod]
    public void A_cancelled_training_throws_or_gives_the_best_so_far()
    {
        var ml = new MLContext(seed: 1);
        IDataView data = View(ml, TaskRow.Create(5, 6, seed: 9));
        using var source = new CancellationTokenSource();
        var options = new MetaLearnedLinearOptions { CancellationToken = source.Token, OnCancellation = CancellationBehavior.ReturnBestModel };
        options.Progress = new Telling(evaluation =>
        {
            if (evaluation.Evaluation == 3)
            {
                source.Cancel();
            }
        });
        Assert.HasCount(3, ml.Regression.Trainers.MetaLearnedLinear(options).Fit(data).History);

        // Cancelled by now, before the first evaluation: there is no model to return.
        Assert.Throws<OperationCanceledException>(() => ml.Regression.Trainers.MetaLearnedLinear(options).Fit(data));
        options.OnCancellation = CancellationBehavior.Throw;
        Assert.Throws<OperationCanceledException>(() => ml.Regression.Trainers.MetaLearnedLinear(options).Fit(data));
    }

    [TestMethod]
    public void What_cannot_be_trained_on_or_adapted_to_is_refused_by_name()
    {
        var ml = new MLContext(seed: 1);
        TaskRow[] rows = TaskRow.Create(3, 4, seed: 10);
        Assert.Contains("Penalty", Options(new MetaLearnedLinearOptions { Penalty = 0 }));
        Assert.Contains("MaximumEvaluations", Options(new MetaLearnedLinearOptions { MaximumEvaluations = 0 }));
        Assert.Contains("TaskColumnName", Options(new MetaLearnedLinearOptions { TaskColumnName = "" }));
        Assert.Contains("TaskColumnName names column 'Label'", Options(new MetaLearnedLinearOptions { TaskColumnName = "Label" }));
        Assert.Contains("'IsHigh', which TaskColumnName names", Assert.ThrowsExactly<ArgumentException>(
            () => ml.Regression.Trainers.MetaLearnedLinear(taskColumnName: "IsHigh").Fit(View(ml, rows))).Message);
        Assert.Contains("one task in column 'Task'", Refusal([.. rows.Take(4)]));
        Assert.Contains("task of its own in column 'Task'", Refusal([.. rows.Select((row, i) => row with { Task = $"{i}" })]));
        Assert.Contains("Column 'Task', row 1 is missing", Refusal([.. rows.Select((row, i) => i == 1 ? row with { Task = "" } : row)]));
        Assert.Contains("Features", Refusal([.. rows.Select(row => row with { Features = [float.NaN, 0] })]));

        MetaLearnedLinearTransformer model = ml.Regression.Trainers.MetaLearnedLinear().Fit(View(ml, rows));
        Assert.Contains("nothing to learn from", Assert.ThrowsExactly<InvalidOperationException>(() => model.Adapt(View(ml, []))).Message);
        IDataView unlabelled = ml.Transforms.DropColumns("Label").Fit(View(ml, rows)).Transform(View(ml, rows));
        Assert.Contains("'Label', which LabelColumnName names", Assert.ThrowsExactly<ArgumentException>(() => model.Adapt(unlabelled)).Message);
        MetaLearnedLinearTransformer classes = ml.MulticlassClassification.Trainers.MetaLearnedLinear("Class").Fit(Keyed(ml, rows));
        Assert.Contains("other classes", Assert.ThrowsExactly<ArgumentException>(() => classes.Adapt(Keyed(ml, rows, ["small", "medium", "huge"]))).Message);

        string Options(MetaLearnedLinearOptions options) => Assert.ThrowsExactly<ArgumentException>(() => ml.Regression.Trainers.MetaLearnedLinear(options)).Message;

        string Refusal(TaskRow[] data) => Assert.ThrowsExactly<InvalidOperationException>(() => ml.Regression.Trainers.MetaLearnedLinear().Fit(View(ml, data))).Message;
    }

    private static IDataView View(MLContext ml, TaskRow[] rows) => ml.Data.LoadFromEnumerable(rows);

    private static IDataView Keyed(MLContext ml, TaskRow[] rows, params string[] names)
    {
        IDataView data = View(ml, rows), keys = ml.Data.LoadFromEnumerable((names.Length > 0 ? names : ["small", "medium", "large"]).Select(name => new SizeName { Name = name }));
        return ml.Transforms.Conversion.MapValueToKey("Class", "Size", keyData: keys).Append(ml.Transforms.Conversion.MapValueToKey("Key", "Task")).Fit(data).Transform(data);
    }

    private static float[] Scores(MLContext ml, ITransformer model, TaskRow[] rows) => Scored.Values(model.Transform(View(ml, rows)));

    private static double Error(MLContext ml, ITransformer model, TaskRow[] rows) => ml.Regression.Evaluate(model.Transform(View(ml, rows))).MeanSquaredError;

    private static void AssertSame(float[] expected, float[] actual, float tolerance)
    {
        Assert.HasCount(expected.Length, actual);
        foreach ((float left, float right) in expected.Zip(actual))
        {
            Assert.AreEqual(left, right, tolerance * (1 + Math.Abs(left)));
        }
    }

    private sealed class SizeName
    {
        public string Name { get; set; } = "";
    }

    private sealed class Telling(Action<TuningProgress> action) : IProgress<TuningProgress>
    {
        public void Report(TuningProgress value) => action(value);
    }
}
