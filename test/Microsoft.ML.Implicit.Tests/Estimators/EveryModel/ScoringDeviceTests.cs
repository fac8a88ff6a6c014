using Microsoft.ML.Implicit.Data;
using Microsoft.ML.Implicit.Estimators;
using TorchSharp;

namespace Microsoft.ML.Implicit.Tests.Estimators.EveryModel;

/// <summary>A fitted or loaded model is moved to where it is to score.</summary>
[TestClass]
public sealed class ScoringDeviceTests
{
    private static readonly ModelRow[] Rows = ModelRow.Create(40);

    public static IEnumerable<object[]> Kinds => SmallModel.Kinds;

    [TestMethod]
    public void An_unknown_device_is_refused_by_the_name_of_its_setting()
    {
        var ml = new MLContext(seed: 1);
        var trainer = ml.Regression.Trainers.DeepEquilibrium(new DeepEquilibriumOptions { Training = { ScoringDevice = "gpu" } });
        string message = Assert.ThrowsExactly<ArgumentException>(() => trainer.Fit(ml.Data.LoadFromEnumerable(Rows))).Message;
        StringAssert.Contains(message, "ScoringDevice 'gpu'", StringComparison.Ordinal);
    }

    [TestMethod]
    [DynamicData(nameof(Kinds))]
    public void A_model_scores_the_same_after_a_move_also_in_views_and_engines_made_before(string kind)
    {
        var ml = new MLContext(seed: 1);
        IDataView data = ml.Data.LoadFromEnumerable(Rows);
        var model = (BatchTransformer)SmallModel.Of(kind).Fit(ml, data);
        IDataView scored = model.Transform(data);
        using PredictionEngine<ModelRow, ModelOutput> engine = ml.Model.CreatePredictionEngine<ModelRow, ModelOutput>(model);
        float[][] expected = SmallModel.Read(scored);
        engine.Predict(Rows[0]);
        model.MoveTo("cpu");
        AssertSame(expected, SmallModel.Read(scored), 0);
        engine.Predict(Rows[1]);
    }

    [TestMethod]
    [DynamicData(nameof(Kinds))]
    public void A_model_that_cannot_be_moved_stays_where_it_was(string kind)
    {
        var ml = new MLContext(seed: 1);
        IDataView data = ml.Data.LoadFromEnumerable(Rows);
        using var model = (BatchTransformer)SmallModel.Of(kind).Fit(ml, data);
        float[][] expected = SmallModel.Read(model.Transform(data));
        StringAssert.Contains(Assert.ThrowsExactly<ArgumentException>(() => model.MoveTo("gpu")).Message, "'gpu'", StringComparison.Ordinal);
        StringAssert.Contains(Assert.ThrowsExactly<InvalidOperationException>(() => model.MoveTo("cuda:99")).Message, "'cuda:99'", StringComparison.Ordinal);
        AssertSame(expected, SmallModel.Read(model.Transform(data)), 0);
        model.Dispose();
        Assert.ThrowsExactly<ObjectDisposedException>(() => model.MoveTo("cpu"));
    }

    [TestMethod]
    [DynamicData(nameof(Kinds))]
    public void Threads_go_on_scoring_while_a_model_is_moved(string kind)
    {
        var ml = new MLContext(seed: 1);
        IDataView data = ml.Data.LoadFromEnumerable(Rows);
        using var model = (BatchTransformer)SmallModel.Of(kind).Fit(ml, data);
        IDataView scored = model.Transform(data);
        float[][] expected = SmallModel.Read(scored);
        int readings = 0;
        Task[] scoring = [.. Enumerable.Range(0, 3).Select(_ => Task.Run(() =>
        {
            for (int i = 0; i < 5; i++)
            {
                AssertSame(expected, SmallModel.Read(scored), 1e-6);
                Interlocked.Increment(ref readings);
            }
        }))];
        while (readings < 10 && !scoring.Any(task => task.IsFaulted))
        {
            model.MoveTo("cpu");
        }

        Task.WaitAll(scoring);
    }

    [TestMethod]
    public void An_unknown_scoring_device_is_refused_before_training()
    {
        var ml = new MLContext(seed: 1);
        var options = new DeepEquilibriumOptions();
        options.Training.ScoringDevice = "gpu";
        options.Training.Progress = new SynchronousProgress(_ => Assert.Fail("It was trained."));
        Assert.ThrowsExactly<ArgumentException>(() => ml.Regression.Trainers.DeepEquilibrium(options).Fit(ml.Data.LoadFromEnumerable(Rows)));
        options.Training.ScoringDevice = string.Empty;
        StringAssert.Contains(Assert.ThrowsExactly<ArgumentException>(() => ml.Regression.Trainers.DeepEquilibrium(options)).Message, "ScoringDevice", StringComparison.Ordinal);
    }

    [TestMethod]
    [DynamicData(nameof(Kinds))]
    public void A_loaded_model_scores_on_the_gpu_as_on_the_cpu_and_comes_back(string kind)
    {
        if (!torch.cuda.is_available())
        {
            Assert.Inconclusive("This host has no CUDA device.");
        }

        var ml = new MLContext(seed: 1);
        IDataView data = ml.Data.LoadFromEnumerable(Rows);
        using var file = new MemoryStream();
        ITransformer fitted = SmallModel.Of(kind).Fit(ml, data);
        ml.Model.Save(fitted, data.Schema, file);
        file.Position = 0;
        using var model = (BatchTransformer)ml.Model.Load(file, out _);
        IDataView scored = model.Transform(data);
        float[][] expected = SmallModel.Read(scored);
        model.MoveTo("cuda");
        AssertSame(expected, SmallModel.Read(scored), 2e-3);
        model.MoveTo("cpu");
        AssertSame(expected, SmallModel.Read(scored), 0);
    }

    private static void AssertSame(float[][] expected, float[][] actual, double tolerance)
    {
        Assert.HasCount(expected.Length, actual);
        foreach ((float before, float after) in expected.Zip(actual).SelectMany(rows => rows.First.Zip(rows.Second)))
        {
            Assert.AreEqual(before, after, (float)(tolerance * (1 + Math.Abs(before))));
        }
    }
}
