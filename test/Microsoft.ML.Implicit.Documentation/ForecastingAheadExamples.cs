using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Estimators;

namespace Documentation;

/// <summary>The code of docs/forecasting.md on what is known of the time to come.</summary>
[TestClass]
public sealed class ForecastingAheadExamples
{
    [TestMethod]
    public void Rows_to_come_are_forecast_by_categories_known_ahead()
    {
        var ml = new MLContext(seed: 1);
        IDataView meters = ml.Data.LoadFromEnumerable(CreateMeters());

        var plan = new LatentOdeOptions
        {
            TimeColumnName = "Hour",
            InputColumnNames = ["Load"],
            StaticColumnNames = ["Region"],
            CovariateColumnNames = ["DayKind"],
            ForecastTimeColumnName = "Hour",
            MaximumHorizon = 24,
        };

        plan.EnsembleSize = 1;
        plan.HiddenWidth = 8;
        plan.LatentWidth = 4;
        plan.SolverSteps = 4;
        plan.Training.MaximumEpochs = 2;

        var planned = ml.Transforms.GroupIntoSeries("Meter", "Hour", ["Load", "DayKind"], ["Region"])
            .Append(ml.Forecasting.ForecastByLatentOde(plan))
            .Fit(meters);

        float[] forecast = planned.Transform(meters).GetColumn<float[]>("Forecast").First();
        Assert.AreSequenceEqual(Enumerable.Range(0, 12).Select(row => row >= 7).ToArray(), forecast.Select(float.IsFinite).ToArray());

        var meter = ml.Forecasting.CreateForecastEngine<MeterReading, LoadForecast>(planned);
        meter.SetCovariates([new Day { Hour = 0, DayKind = "work" }, new Day { Hour = 24, DayKind = "holiday" }]);
        meter.Observe(new MeterReading { Hour = 20, Load = 3.1f, Region = "north" });
        LoadForecast tomorrow = meter.Forecast(30, 36);

        Assert.IsTrue(tomorrow.Forecast.All(float.IsFinite));
    }

    // Of the last four rows nothing is known but the kind of their day.
    private static IEnumerable<MeterRow> CreateMeters() =>
        from meter in Enumerable.Range(0, 24)
        from row in Enumerable.Range(0, 12)
        let isHoliday = row % 5 == meter % 5
        select new MeterRow
        {
            Meter = $"M{meter}",
            Hour = 4 * row,
            Load = row < 8 ? (isHoliday ? 2 : 3) + (meter % 2) : float.NaN,
            DayKind = isHoliday ? "holiday" : "work",
            Region = meter % 2 == 0 ? "south" : "north",
        };

    public class MeterRow
    {
        public string Meter { get; set; } = "";
        public float Hour { get; set; }
        public float Load { get; set; }
        public string DayKind { get; set; } = "";
        public string Region { get; set; } = "";
    }

    public class MeterReading
    {
        public float Hour { get; set; }
        public float Load { get; set; }
        public string Region { get; set; } = "";
    }

    public class Day
    {
        public float Hour { get; set; }
        public string DayKind { get; set; } = "";
    }

    public class LoadForecast
    {
        public float[] Forecast { get; set; } = [];
    }
}
