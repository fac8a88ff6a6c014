using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Estimators;

namespace Microsoft.ML.Implicit.Tests.Estimators.MetaLearning;

/// <summary>Names of tasks in columns of several types.</summary>
[TestClass]
public sealed class TaskNameTests
{
    [TestMethod]
    public void A_task_is_the_same_in_numbers_of_every_type_and_names_of_another_kind_are_refused()
    {
        var ml = new MLContext(seed: 1);
        (double Number, double Level)[] tasks = [(0.1, -5), (12345678, 5), (3, 0)];
        NumberedRow[] rows = [.. tasks.SelectMany(task => Enumerable.Range(0, 4).Select(row => new NumberedRow
        {
            Features = [row, row % 2],
            Label = (float)(task.Level + (0.1 * row)),
            Double = task.Number,
            Single = (float)task.Number,
            Text = $"{task.Number}",
        }))];
        IDataView data = ml.Transforms.Conversion.MapValueToKey("Key", "Double").Fit(ml.Data.LoadFromEnumerable(rows)).Transform(ml.Data.LoadFromEnumerable(rows));
        MetaLearnedLinearTransformer model = ml.Regression.Trainers.MetaLearnedLinear(taskColumnName: "Double").Fit(data);
        CollectionAssert.AreEqual(new[] { "0.1", "12345678", "3" }, model.Tasks.ToArray());
        float[] expected = Scored.Values(model.Transform(data));
        using var file = new MemoryStream();
        ml.Model.Save(model, data.Schema, file);
        file.Position = 0;
        foreach (MetaLearnedLinearTransformer trained in new[] { model, (MetaLearnedLinearTransformer)ml.Model.Load(file, out _) })
        {
            CollectionAssert.AreEqual(expected, Scored.Values(trained.Transform(Renamed("Single"))));
            CollectionAssert.AreEqual(expected, Scored.Values(trained.Transform(Renamed("Key"))));
            Assert.HasCount(3, trained.Adapt(Renamed("Single")).Tasks);
            Assert.Contains("'Double' are text (String); the model was trained on numbers", Assert.ThrowsExactly<ArgumentException>(() => trained.Transform(Renamed("Text"))).Message);
            Assert.Contains("the model was trained on numbers", Assert.ThrowsExactly<ArgumentException>(() => trained.Adapt(Renamed("Text"))).Message);
        }

        IDataView Renamed(string column) => ml.Transforms.CopyColumns("Double", column).Fit(data).Transform(data);
    }

    private sealed class NumberedRow
    {
        [VectorType(2)]
        public float[] Features { get; set; } = [];

        public float Label { get; set; }

        public double Double { get; set; }

        public float Single { get; set; }

        public string Text { get; set; } = "";
    }
}
