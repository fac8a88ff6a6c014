using Microsoft.ML.Implicit.Estimators;

namespace Microsoft.ML.Implicit.Tests.Estimators.LatentOde.Training;

/// <summary>Series that count by their weight.</summary>
[TestClass]
public sealed class SeriesWeightTests
{
    private const int Observations = 12;

    [TestMethod]
    public void Series_of_weight_zero_are_as_good_as_absent_and_equal_weights_as_good_as_none()
    {
        WeightedSeries[] rows = [.. Enumerable.Range(0, 6).Select(i => Ramp(1 - (i % 3), weight: 3))];
        float[] expected = Forecasts(rows, null);
        CollectionAssert.AreEqual(expected, Forecasts(rows, nameof(WeightedSeries.Weight)));
        CollectionAssert.AreEqual(expected, Forecasts([.. rows, Ramp(1e6f, weight: 0)], nameof(WeightedSeries.Weight), rows));
    }

    [TestMethod]
    public void A_common_factor_of_all_weights_changes_nothing()
    {
        WeightedSeries[] rows = [.. Enumerable.Range(0, 6).Select(i => Ramp(1 - (i % 3), weight: 1 + i))];
        float[] expected = Forecasts(rows, nameof(WeightedSeries.Weight));
        foreach (WeightedSeries row in rows)
        {
            row.Weight = MathF.ScaleB(row.Weight, -60);
        }

        CollectionAssert.AreEqual(expected, Forecasts(rows, nameof(WeightedSeries.Weight)));
    }

    [TestMethod]
    public void Where_series_contradict_each_other_forecasts_follow_the_heavy_ones()
    {
        float LastForecast(float riseWeight)
        {
            // All begin alike; what follows the first observation is up or down.
            WeightedSeries[] rows = [.. Enumerable.Range(0, 12).Select(i => i % 2 == 0 ? Ramp(1, riseWeight) : Ramp(-1, 1))];
            WeightedSeries known = new() { Day = [0], Level = [0] };
            return Forecasts(rows, nameof(WeightedSeries.Weight), [known], epochs: 40)[^1];
        }

        Assert.IsGreaterThan(0.3f, LastForecast(50));
        Assert.IsLessThan(-0.3f, LastForecast(0.02f));
    }

    [TestMethod]
    public void Long_format_weighs_as_one_series_a_row_does()
    {
        WeightedSeries[] rows = [.. Enumerable.Range(0, 6).Select(i => Ramp(1 - (i % 3), weight: 1 + i))];
        var ml = new MLContext(seed: 1);
        IDataView observations = ml.Data.LoadFromEnumerable(rows.SelectMany((row, series) =>
            row.Day.Select((day, i) => new Observation { Series = series, Day = day, Level = row.Level[i], Weight = row.Weight })));
        IDataView series = ml.Transforms.GroupIntoSeries(nameof(Observation.Series), nameof(Observation.Day), [nameof(Observation.Level)], [nameof(Observation.Weight)]).Fit(observations).Transform(observations);
        using LatentOdeTransformer model = Forecaster(ml, nameof(Observation.Weight)).Fit(series);
        CollectionAssert.AreEqual(Forecasts(rows, nameof(WeightedSeries.Weight)), Forecasts(model, series));

        IEstimator<ITransformer> absent = ml.Forecasting.ForecastByLatentOde(
            "Forecast", nameof(Observation.Series), nameof(Observation.Day), [nameof(Observation.Level)], [1], exampleWeightColumnName: "Absent");
        StringAssert.Contains(Assert.Throws<ArgumentException>(() => absent.Fit(observations)).Message, "Absent", StringComparison.Ordinal);
    }

    [TestMethod]
    public void A_negative_weight_is_named_by_column_and_row()
    {
        WeightedSeries[] rows = [Ramp(1, 1), Ramp(-1, -1)];
        string message = Assert.ThrowsExactly<InvalidOperationException>(() => Forecasts(rows, nameof(WeightedSeries.Weight))).Message;
        StringAssert.Contains(message, "Column 'Weight', row 1 is -1", StringComparison.Ordinal);
    }

    private static float[] Forecasts(WeightedSeries[] training, string? weight, WeightedSeries[]? known = null, int epochs = 2)
    {
        var ml = new MLContext(seed: 1);
        using LatentOdeTransformer model = Forecaster(ml, weight, epochs).Fit(ml.Data.LoadFromEnumerable(training));
        return Forecasts(model, ml.Data.LoadFromEnumerable(known ?? training));
    }

    private static float[] Forecasts(LatentOdeTransformer model, IDataView known) =>
        [.. Scored.Vectors(model.Transform(known), "Forecast").SelectMany(forecast => forecast)];

    private static LatentOdeForecaster Forecaster(MLContext ml, string? weight, int epochs = 2) => ml.Forecasting.ForecastByLatentOde(new LatentOdeOptions
    {
        TimeColumnName = nameof(WeightedSeries.Day),
        InputColumnNames = [nameof(WeightedSeries.Level)],
        ExampleWeightColumnName = weight,
        Horizon = [1, 2],
        LatentWidth = 4,
        HiddenWidth = 8,
        SolverSteps = 4,
        EnsembleSize = 1,
        Training = { MaximumEpochs = epochs, BatchSize = 64, Seed = 1, ValidationFraction = 0 },
    });

    private static WeightedSeries Ramp(float slope, float weight) => new()
    {
        Day = [.. Enumerable.Range(0, Observations).Select(day => (double)day)],
        Level = [.. Enumerable.Range(0, Observations).Select(day => slope * day)],
        Weight = weight,
    };

    private sealed class WeightedSeries
    {
        public double[] Day { get; set; } = [];

        public float[] Level { get; set; } = [];

        public float Weight { get; set; } = 1;
    }

    private sealed class Observation
    {
        public float Series { get; set; }

        public double Day { get; set; }

        public float Level { get; set; }

        public float Weight { get; set; }
    }
}
