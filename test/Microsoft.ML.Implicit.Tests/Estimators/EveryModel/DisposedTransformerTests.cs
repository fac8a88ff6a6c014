using Microsoft.ML.Implicit.Estimators;

namespace Microsoft.ML.Implicit.Tests.Estimators.EveryModel;

/// <summary>A transformer that was disposed of says so, however it is used.</summary>
[TestClass]
public sealed class DisposedTransformerTests
{
    private static readonly ModelRow[] Rows = ModelRow.Create(40);

    public static IEnumerable<object[]> Kinds => SmallModel.Kinds;

    [TestMethod]
    [DynamicData(nameof(Kinds))]
    public void A_disposed_transformer_refuses_to_transform_to_predict_and_to_be_saved(string kind)
    {
        var ml = new MLContext(seed: 1);
        IDataView data = ml.Data.LoadFromEnumerable(Rows);
        ITransformer model = SmallModel.Of(kind).Fit(ml, data);
        IDataView scored = model.Transform(data);
        PredictionEngine<ModelRow, ModelOutput> engine = ml.Model.CreatePredictionEngine<ModelRow, ModelOutput>(model);
        ((IDisposable)model).Dispose();
        ((IDisposable)model).Dispose();
        Assert.ThrowsExactly<ObjectDisposedException>(() => model.Transform(data));
        Assert.ThrowsExactly<ObjectDisposedException>(() => ml.Model.CreatePredictionEngine<ModelRow, ModelOutput>(model));
        Assert.ThrowsExactly<ObjectDisposedException>(() => ml.Model.Save(model, data.Schema, new MemoryStream()));
        Assert.ThrowsExactly<ObjectDisposedException>(() => SmallModel.Read(scored));
        StringAssert.Contains(Assert.ThrowsExactly<ObjectDisposedException>(() => engine.Predict(Rows[0])).Message, model.GetType().Name, StringComparison.Ordinal);
    }

    [TestMethod]
    [DynamicData(nameof(Kinds))]
    public void Threads_that_score_while_the_transformer_is_disposed_of_are_told_so(string kind)
    {
        var ml = new MLContext(seed: 1);
        IDataView data = ml.Data.LoadFromEnumerable(Rows);
        ITransformer model = SmallModel.Of(kind).Fit(ml, data);
        IDataView scored = model.Transform(data);
        using var begun = new CountdownEvent(3);
        Task[] scoring = [.. Enumerable.Range(0, begun.InitialCount).Select(_ => Task.Factory.StartNew(
            () =>
            {
                SmallModel.Read(scored);
                begun.Signal();
                Assert.ThrowsExactly<ObjectDisposedException>(() =>
                {
                    while (true)
                    {
                        SmallModel.Read(scored);
                    }
                });
            },
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default))];
        begun.Wait();
        ((IDisposable)model).Dispose();
        Task.WaitAll(scoring);
    }

    [TestMethod]
    public void A_prediction_engine_takes_its_transformer_along()
    {
        var ml = new MLContext(seed: 1);
        IDataView data = ml.Data.LoadFromEnumerable(Rows);
        ITransformer model = SmallModel.Of("regression").Fit(ml, data);
        ml.Model.CreatePredictionEngine<ModelRow, ModelOutput>(model).Dispose();
        Assert.ThrowsExactly<ObjectDisposedException>(() => model.Transform(data));
    }

    [TestMethod]
    public void Whatever_shares_the_model_of_a_disposed_flow_says_so()
    {
        var ml = new MLContext(seed: 1);
        IDataView data = ml.Data.LoadFromEnumerable(Rows);
        var latent = (LatentTransformer)SmallModel.Of("latent vectors").Fit(ml, data);
        LatentTransformer inverse = latent.CreateInverse("Restored");
        IDataView restored = inverse.Transform(latent.Transform(data));
        NormalizingFlowModelParameters model = latent.Model;
        latent.Dispose();
        Assert.ThrowsExactly<ObjectDisposedException>(() => latent.CreateInverse());
        Assert.ThrowsExactly<ObjectDisposedException>(() => Scored.Vectors(restored, "Restored"));
        Assert.ThrowsExactly<ObjectDisposedException>(() => ml.Model.Save(inverse, restored.Schema, new MemoryStream()));
        Assert.ThrowsExactly<ObjectDisposedException>(() => model.LogDensity([0, 0], new double[1], [0]));
        Assert.ThrowsExactly<ObjectDisposedException>(() => model.ConditionalSample([0], 1, seed: 1));
        var detector = (NormalizingFlowTransformer)SmallModel.Of("anomaly detection").Fit(ml, data);
        detector.Dispose();
        Assert.ThrowsExactly<ObjectDisposedException>(() => ml.AnomalyDetection.ChangeModelThreshold(detector, 1));
    }

    [TestMethod]
    public void A_forecast_engine_whose_transformer_was_disposed_says_so()
    {
        var ml = new MLContext(seed: 1);
        var forecaster = (LatentOdeTransformer)SmallModel.Of("forecast").Fit(ml, ml.Data.LoadFromEnumerable(Rows));
        ForecastEngine<Observation, ModelOutput> engine = forecaster.CreateForecastEngine<Observation, ModelOutput>();
        engine.Observe(new Observation { Time = 1, Level = 1 });
        forecaster.Dispose();
        Assert.ThrowsExactly<ObjectDisposedException>(() => engine.Observe(new Observation { Time = 2, Level = 1 }));
        Assert.ThrowsExactly<ObjectDisposedException>(() => engine.Forecast(3));
        Assert.ThrowsExactly<ObjectDisposedException>(() => forecaster.CreateForecastEngine<Observation, ModelOutput>());
    }

    private sealed class Observation
    {
        public double Time { get; set; }

        public float Level { get; set; }
    }
}
