using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Estimators;
using Microsoft.ML.Implicit.Training;

namespace Microsoft.ML.Implicit.Tests.Estimators.LatentSde;

[TestClass]
public sealed class LatentSdeForecastTests
{
    [TestMethod]
    public void Forecasts_of_an_Ornstein_Uhlenbeck_process_have_its_conditional_means_and_deviations()
    {
        var ml = new MLContext(seed: 1);
        LatentSdeOptions options = Options(epochs: 16);
        (options.Horizon, options.PathCount) = ([0.25, 1, 2], 128);
        using LatentSdeTransformer model = ml.Forecasting.ForecastByLatentSde(options).Fit(ml.Data.LoadFromEnumerable(StochasticRow.CreateOrnsteinUhlenbeck(200, seed: 1)));
        StochasticRow[] test = StochasticRow.CreateOrnsteinUhlenbeck(100, seed: 2);
        IDataView scored = model.Transform(ml.Data.LoadFromEnumerable(test));
        float[][] forecasts = Scored.Vectors(scored, "Forecast"), uppers = Scored.Vectors(scored, "Upper");
        for (int h = 0; h < options.Horizon.Length; h++)
        {
            double deviation = OrnsteinUhlenbeck.Deviation(options.Horizon[h]);
            double error = Math.Sqrt(forecasts.Select((forecast, row) => Math.Pow(forecast[h] - (test[row].Value[^1] * Math.Exp(-options.Horizon[h])), 2)).Average());
            Assert.AreEqual(0, error / deviation, 0.25, $"mean at {options.Horizon[h]}");
            double half = forecasts.Select((forecast, row) => uppers[row][h] - forecast[h]).Average();
            Assert.IsInRange(0.85, 1.15, half / (1.96 * deviation), $"half-width at {options.Horizon[h]}");
        }
    }

    [TestMethod]
    public void Both_ways_of_training_lower_the_validation_loss()
    {
        foreach (LatentSdeTrainingMethod method in Enum.GetValues<LatentSdeTrainingMethod>())
        {
            var ml = new MLContext(seed: 1);
            LatentSdeOptions options = Options(epochs: 8);
            options.TrainingMethod = method;
            using LatentSdeTransformer model = ml.Forecasting.ForecastByLatentSde(options).Fit(ml.Data.LoadFromEnumerable(StochasticRow.CreateOrnsteinUhlenbeck(60, seed: 1)));
            IReadOnlyList<TrainingProgress> epochs = model.Model.Training!.Networks[0].Epochs;
            Assert.IsTrue(epochs.All(epoch => double.IsFinite(epoch.TrainingLoss)), method.ToString());
            Assert.IsLessThan(epochs[0].ValidationLoss!.Value, epochs.Min(epoch => epoch.ValidationLoss!.Value), method.ToString());
        }
    }

    [TestMethod]
    public void An_engine_forecasts_what_the_whole_history_does_and_goes_on_from_a_check_point()
    {
        using LatentSdeTransformer model = Train();
        StochasticRow row = StochasticRow.CreateOrnsteinUhlenbeck(1, seed: 3)[0];
        ForecastEngine<Observation, Outlook> engine = model.CreateForecastEngine<Observation, Outlook>();
        for (int i = 0; i < row.Time.Length; i++)
        {
            engine.Observe(new Observation { Time = row.Time[i], Value = row.Value[i] });
        }

        string path = Path.GetTempFileName();
        try
        {
            engine.CheckPoint(path);
            IDataView scored = model.Transform(new MLContext().Data.LoadFromEnumerable([row]));
            foreach (Outlook outlook in (Outlook[])[engine.Forecast(), model.ResumeForecastEngine<Observation, Outlook>(path).Forecast()])
            {
                AssertClose(Scored.Vectors(scored, "Forecast")[0], outlook.Forecast);
                AssertClose(Scored.Vectors(scored, "Upper")[0], outlook.Upper);
            }
        }
        finally
        {
            File.Delete(path);
        }
    }

    [TestMethod]
    public void Far_ahead_forecasts_stay_finite_and_bounds_widen()
    {
        var ml = new MLContext(seed: 1);
        LatentSdeOptions options = Options(epochs: 1);
        (options.Horizon, options.MaximumHorizon) = ([1, 2, 50], 2);
        using LatentSdeTransformer model = ml.Forecasting.ForecastByLatentSde(options).Fit(ml.Data.LoadFromEnumerable(StochasticRow.CreateOrnsteinUhlenbeck(30, seed: 1)));
        IDataView scored = model.Transform(ml.Data.LoadFromEnumerable(StochasticRow.CreateOrnsteinUhlenbeck(2, seed: 2)));
        float[] forecast = Scored.Vectors(scored, "Forecast")[0], upper = Scored.Vectors(scored, "Upper")[0];
        Assert.IsTrue(forecast.All(float.IsFinite));
        Assert.IsGreaterThan(5 * (upper[1] - forecast[1]), upper[2] - forecast[2]);
    }

    [TestMethod]
    public void Settings_out_of_range_are_named()
    {
        var ml = new MLContext(seed: 1);
        foreach ((string setting, Action<LatentSdeOptions> change) in ((string, Action<LatentSdeOptions>)[])
            [
                (nameof(LatentSdeOptions.PathCount), options => options.PathCount = 3),
                (nameof(LatentSdeOptions.PathCount), options => options.PathCount = 0),
                (nameof(LatentSdeOptions.SolverSteps), options => options.SolverSteps = 0),
                (nameof(LatentSdeOptions.DivergenceWeight), options => options.DivergenceWeight = double.NaN),
                (nameof(LatentSdeOptions.TrainingMethod), options => options.TrainingMethod = (LatentSdeTrainingMethod)7),
                (nameof(LatentSdeOptions.Horizon), options => options.Horizon = []),
            ])
        {
            LatentSdeOptions options = Options(epochs: 1);
            change(options);
            StringAssert.Contains(Assert.ThrowsExactly<ArgumentException>(() => ml.Forecasting.ForecastByLatentSde(options)).Message, setting, StringComparison.Ordinal);
        }
    }

    internal static LatentSdeOptions Options(int epochs) => new()
    {
        TimeColumnName = nameof(StochasticRow.Time),
        InputColumnNames = [nameof(StochasticRow.Value)],
        Horizon = [0.5, 1],
        ConfidenceLowerBoundColumn = "Lower",
        ConfidenceUpperBoundColumn = "Upper",
        LatentWidth = 4,
        HiddenWidth = 16,
        SolverSteps = 8,
        PathCount = 32,
        EnsembleSize = 1,
        Training = new TrainingOptions { MaximumEpochs = epochs, BatchSize = 64, Seed = 1 },
    };

    internal static LatentSdeTransformer Train()
    {
        var ml = new MLContext(seed: 1);
        return ml.Forecasting.ForecastByLatentSde(Options(epochs: 2)).Fit(ml.Data.LoadFromEnumerable(StochasticRow.CreateOrnsteinUhlenbeck(40, seed: 1)));
    }

    private static void AssertClose(float[] expected, float[] actual)
    {
        Assert.HasCount(expected.Length, actual);
        foreach ((float left, float right) in expected.Zip(actual))
        {
            Assert.AreEqual(left, right, 1e-4f * (1 + Math.Abs(left)));
        }
    }

    private sealed class Observation
    {
        public double Time { get; set; }

        public float Value { get; set; }
    }

    private sealed class Outlook
    {
        public float[] Forecast { get; set; } = [];

        public float[] Upper { get; set; } = [];
    }
}
