using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Estimators;

namespace Documentation;

/// <summary>The code of docs/stochastic.md.</summary>
[TestClass]
public sealed class StochasticForecastingExamples
{
    [TestMethod]
    public void Prices_are_forecast_simulated_and_backtested()
    {
        var ml = new MLContext(seed: 1);
        IDataView series = ml.Data.LoadFromEnumerable(CreatePrices());

        var options = new LatentSdeOptions
        {
            TimeColumnName = "Hour",
            InputColumnNames = ["Price"],
            Horizon = [6, 12, 24],
            ConfidenceLowerBoundColumn = "Lower",
            ConfidenceUpperBoundColumn = "Upper",
        };
        MakeQuick(options);
        LatentSdeTransformer model = ml.Forecasting.ForecastByLatentSde(options).Fit(series);

        SdeSimulationTransformer simulation = ml.Transforms.SimulateSde(model, outputColumnName: "Paths", pathCount: 200, seed: 1).Fit(series);
        float[] ofFirstTime = simulation.Transform(series).GetColumn<float[]>("Paths").First()[..200];

        Assert.HasCount(200, ofFirstTime.Distinct().ToArray());
        foreach (ForecastMetrics metrics in ml.Forecasting.BacktestByLatentSde(series, options, origins: 3))
        {
            Console.WriteLine($"{metrics.Name}: RMSE {metrics.RootMeanSquaredError:F2} of {metrics.Count} values");
        }
    }

    [TestMethod]
    public void Prices_in_long_format_need_one_call()
    {
        var ml = new MLContext(seed: 1);
        var forecaster = ml.Forecasting.ForecastByLatentSde(
            outputColumnName: "Forecast", seriesColumnName: "Share", timeColumnName: "Hour", inputColumnNames: ["Price"],
            horizon: [6, 12, 24], confidenceLowerBoundColumn: "Lower", confidenceUpperBoundColumn: "Upper");

        var oneSeriesARow = ml.Forecasting.ForecastByLatentSde("Forecast", timeColumnName: "Hour", inputColumnNames: ["Price"], horizon: [6, 12, 24]);

        ColumnAssert.Needs("Share", forecaster);
        ColumnAssert.Needs("Hour", oneSeriesARow);
    }

    private static void MakeQuick(LatentSdeOptions options)
    {
        options.EnsembleSize = 1;
        options.HiddenWidth = 8;
        options.LatentWidth = 4;
        options.SolverSteps = 4;
        options.PathCount = 8;
        options.Training.MaximumEpochs = 2;
    }

    private static PriceRow[] CreatePrices()
    {
        var random = new Random(1);
        return [.. Enumerable.Range(0, 20).Select(_ =>
        {
            float price = 100;
            return new PriceRow { Hour = [.. Enumerable.Range(0, 40).Select(i => 2.0 * i)], Price = [.. Enumerable.Range(0, 40).Select(_ => price += (float)(random.NextDouble() - 0.5))] };
        })];
    }

    private sealed class PriceRow
    {
        public double[] Hour { get; set; } = [];

        public float[] Price { get; set; } = [];
    }
}
