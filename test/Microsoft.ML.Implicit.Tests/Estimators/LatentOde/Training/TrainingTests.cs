using Microsoft.ML.Implicit.Estimators;
using Microsoft.ML.Implicit.Training;
using TorchSharp;

namespace Microsoft.ML.Implicit.Tests.Estimators.LatentOde.Training;

[TestClass]
public class TrainingTests
{
    [TestMethod]
    public void The_same_seed_gives_the_same_model()
    {
        float[][] first = TrainAndForecast(seed: 7);
        float[][] second = TrainAndForecast(seed: 7);
        float[][] other = TrainAndForecast(seed: 8);
        for (int row = 0; row < first.Length; row++)
        {
            CollectionAssert.AreEqual(first[row], second[row]);
        }

        CollectionAssert.AreNotEqual(first[0], other[0]);
    }

    [TestMethod]
    public void Two_models_train_in_two_threads_as_they_do_alone()
    {
        float[][] alone = TrainAndForecast(seed: 7);
        float[][][] together = [[], []];
        Parallel.For(0, 2, i => together[i] = TrainAndForecast(seed: 7 + i));
        CollectionAssert.AreEqual(alone[0], together[0][0]);
    }

    [TestMethod]
    public void Every_network_of_an_ensemble_reports_its_epochs()
    {
        var ml = new MLContext(seed: 1);
        var epochs = new List<int>();
        LatentOdeOptions options = QuickOptions.Create(epochs: 2);
        options.EnsembleSize = 3;
        options.Training.Progress = new SynchronousProgress(report =>
        {
            epochs.Add(report.Epoch);
            Assert.IsGreaterThan(0, report.SolverIterations);
        });
        using LatentOdeTransformer model = ml.Forecasting.ForecastByLatentOde(options).Fit(ml.Data.LoadFromEnumerable(Waves.Create(30)));
        CollectionAssert.AreEqual(new[] { 1, 2, 3, 4, 5, 6 }, epochs);
        Assert.AreEqual(3, model.Model.EnsembleSize);
    }

    [TestMethod]
    public void Cancellation_throws_or_returns_the_networks_that_are_finished()
    {
        var ml = new MLContext(seed: 1);
        IDataView data = ml.Data.LoadFromEnumerable(Waves.Create(30));
        LatentOdeOptions Cancelling(CancellationBehavior behavior, int epochs)
        {
            var source = new CancellationTokenSource();
            int reports = 0;
            LatentOdeOptions options = QuickOptions.Create(epochs: 2);
            options.EnsembleSize = 4;
            options.Training.CancellationToken = source.Token;
            options.Training.OnCancellation = behavior;
            options.Training.Progress = new SynchronousProgress(_ =>
            {
                if (++reports == epochs)
                {
                    source.Cancel();
                }
            });
            return options;
        }

        // Two epochs a network: epoch 1 is in the first one, 2 ends it and 3 is in the second.
        foreach ((int epochs, int networks) in new[] { (1, 1), (2, 1), (3, 1), (4, 2) })
        {
            Assert.Throws<OperationCanceledException>(() => ml.Forecasting.ForecastByLatentOde(Cancelling(CancellationBehavior.Throw, epochs)).Fit(data));
            using LatentOdeTransformer model = ml.Forecasting.ForecastByLatentOde(Cancelling(CancellationBehavior.ReturnBestModel, epochs)).Fit(data);
            Assert.AreEqual(networks, model.Model.EnsembleSize);
        }
    }

    [TestMethod]
    public void Given_validation_series_decide_when_training_stops_and_how_wide_the_bounds_are()
    {
        var ml = new MLContext(seed: 1);
        IDataView train = ml.Data.LoadFromEnumerable(Waves.Create(30));
        double Width(IEnumerable<WaveRow>? validation)
        {
            var losses = new List<double?>();
            LatentOdeOptions options = QuickOptions.Create(epochs: 2);
            options.Training.ValidationFraction = 0;
            options.Training.Progress = new SynchronousProgress(report => losses.Add(report.ValidationLoss));
            using LatentOdeTransformer model = ml.Forecasting.ForecastByLatentOde(options).Fit(train, validation is null ? null : ml.Data.LoadFromEnumerable(validation));
            Assert.IsTrue(losses.TrueForAll(loss => loss is null == validation is null));
            IDataView scored = model.Transform(train);
            return Scored.Vectors(scored, "Upper")[0][0] - Scored.Vectors(scored, "Lower")[0][0];
        }

        List<WaveRow> alike = Waves.Create(30, seed: 2);
        List<WaveRow> wild = Waves.Create(30, seed: 2);
        wild.ForEach(row => row.Sine = [.. row.Sine.Select(value => 10 * value)]);
        Width(null);
        Assert.IsGreaterThan(2 * Width(alike), Width(wild));
    }

    [TestMethod]
    public void One_long_series_is_enough()
    {
        var ml = new MLContext(seed: 1);
        double[] times = [.. Enumerable.Range(0, 300).Select(i => i * 0.25)];
        WaveRow row = new() { Time = times, Sine = [.. times.Select(time => (float)((0.1 * time) + Math.Sin(2 * Math.PI * time / 7)))] };
        LatentOdeOptions options = QuickOptions.Create(epochs: 15);
        options.InputColumnNames = [nameof(WaveRow.Sine)];
        options.Horizon = [1, 3.5, 7];
        options.SeasonalPeriods = [7];
        options.ContextLength = 20;
        IDataView data = ml.Data.LoadFromEnumerable([row]);
        using LatentOdeTransformer model = ml.Forecasting.ForecastByLatentOde(options).Fit(data);
        float[] forecast = Scored.Vectors(model.Transform(data), "Forecast")[0];
        for (int i = 0; i < 3; i++)
        {
            double time = times[^1] + options.Horizon[i];
            Assert.AreEqual((0.1 * time) + Math.Sin(2 * Math.PI * time / 7), forecast[i], 0.35);
        }

        // Values beyond those of training, as a drift leads to, are forecast as well as others.
        row.Sine = [.. row.Sine.Select(value => value + 64)];
        float[] beyond = Scored.Vectors(model.Transform(data), "Forecast")[0];
        for (int i = 0; i < 3; i++)
        {
            Assert.AreEqual(forecast[i] + 64, beyond[i], 1e-3);
        }
    }

    [TestMethod]
    public void Training_and_forecasting_leave_no_tensors_behind()
    {
        var ml = new MLContext(seed: 1);
        IDataView data = ml.Data.LoadFromEnumerable(Waves.Create(30));
        using DisposeScope scope = torch.NewDisposeScope();
        using LatentOdeTransformer model = ml.Forecasting.ForecastByLatentOde(QuickOptions.Create(epochs: 1)).Fit(data);
        Assert.AreEqual(0, scope.DisposablesCount);
        Scored.Vectors(model.Transform(data), "Forecast");
        Assert.AreEqual(0, scope.DisposablesCount);
    }

    private static float[][] TrainAndForecast(int seed)
    {
        var ml = new MLContext(seed: 1);
        IDataView data = ml.Data.LoadFromEnumerable(Waves.Create(30));
        using LatentOdeTransformer model = ml.Forecasting.ForecastByLatentOde(QuickOptions.Create(seed: seed)).Fit(data);
        return Scored.Vectors(model.Transform(data), "Forecast");
    }
}
