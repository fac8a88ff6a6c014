using System.Globalization;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Estimators;

namespace Documentation;

/// <summary>The code of docs/forecasting.md.</summary>
[TestClass]
public sealed class ForecastingExamples
{
    [TestMethod]
    public void Visits_are_forecast_and_followed()
    {
        var ml = new MLContext(seed: 1);
        WriteVisits();
        IDataView visits = ml.Data.LoadFromTextFile("visits.csv", new TextLoader.Options
        {
            Columns =
            [
                new("Patient", DataKind.String, 0),
                new("Day", DataKind.Single, 1),
                new("Bilirubin", DataKind.Single, 2),
                new("Albumin", DataKind.Single, 3),
            ],
            Separators = [','],
            HasHeader = true,
            MissingRealsAsNaNs = true,
        });

        var options = new LatentOdeOptions
        {
            TimeColumnName = "Day",
            InputColumnNames = ["Bilirubin", "Albumin"],
            Horizon = [90, 180, 365],
            ConfidenceLowerBoundColumn = "Lower",
            ConfidenceUpperBoundColumn = "Upper",
        };

        MakeQuick(options);
        var pipeline = ml.Transforms.GroupIntoSeries("Patient", "Day", ["Bilirubin", "Albumin"])
            .Append(ml.Forecasting.ForecastByLatentOde(options));
        TransformerChain<LatentOdeTransformer> model = pipeline.Fit(visits);

        foreach (PatientForecast patient in ml.Data.CreateEnumerable<PatientForecast>(model.Transform(visits), reuseRowObject: false))
        {
            Console.WriteLine($"{patient.Patient}: bilirubin in 90 days {patient.Forecast[0]:F1}, from {patient.Lower[0]:F1} to {patient.Upper[0]:F1}");
        }

        PatientForecast[] all = [.. ml.Data.CreateEnumerable<PatientForecast>(model.Transform(visits), reuseRowObject: false)];
        Assert.HasCount(24, all);
        Assert.HasCount(6, all[0].Forecast);
        Assert.IsTrue(all.All(patient => patient.Lower[0] < patient.Forecast[0] && patient.Forecast[0] < patient.Upper[0]));

        IDataView rows = ml.Forecasting.ForecastRows(model, visits, seriesColumnName: "Patient");
        foreach (ForecastRow row in ml.Data.CreateEnumerable<ForecastRow>(rows, reuseRowObject: false))
        {
            Console.WriteLine($"{row.Series} on day {row.Time}: {row.Variable} {row.Value:F1}, from {row.Lower:F1} to {row.Upper:F1}");
        }

        Assert.HasCount(24 * 6, rows.GetColumn<float>("Value").ToArray());

        var engine = ml.Forecasting.CreateForecastEngine<Visit, Outlook>(model);
        engine.Observe(new Visit { Day = 0, Bilirubin = 1.2f, Albumin = 3.5f });
        engine.Observe(new Visit { Day = 91, Bilirubin = 1.4f, Albumin = float.NaN });
        Outlook outlook = engine.Forecast(181, 271);
        Console.WriteLine($"bilirubin on day 181: {outlook.Forecast[0]:F2}, albumin: {outlook.Forecast[2]:F2}");

        Assert.HasCount(4, outlook.Forecast);
        Assert.AreEqual(2, engine.ObservationCount);

        engine.CheckPoint("patient.series");
        var resumed = model.LastTransformer.ResumeForecastEngine<Visit, Outlook>("patient.series");

        Assert.AreSequenceEqual(outlook.Forecast, resumed.Forecast(181, 271).Forecast);
    }

    [TestMethod]
    public void Rows_in_long_format_are_grouped_before_validation_series_are_given()
    {
        var ml = new MLContext(seed: 1);
        WriteVisits();
        VisitRow[] visits = [.. ml.Data.CreateEnumerable<VisitRow>(ml.Data.LoadFromTextFile<VisitRow>("visits.csv", new TextLoader.Options { Separators = [','], HasHeader = true, MissingRealsAsNaNs = true }), reuseRowObject: false)];
        IDataView earlierPatients = ml.Data.LoadFromEnumerable(visits.Take(160)), laterPatients = ml.Data.LoadFromEnumerable(visits.Skip(160));
        var options = new LatentOdeOptions { TimeColumnName = "Day", InputColumnNames = ["Bilirubin", "Albumin"], Horizon = [90] };
        MakeQuick(options);

        ITransformer grouping = ml.Transforms.GroupIntoSeries("Patient", "Day", ["Bilirubin", "Albumin"]).Fit(earlierPatients);
        LatentOdeTransformer validated = ml.Forecasting.ForecastByLatentOde(options).Fit(grouping.Transform(earlierPatients), grouping.Transform(laterPatients));
        var whole = new TransformerChain<LatentOdeTransformer>(grouping, validated);

        Assert.IsTrue(validated.Model.Training!.Networks[0].Epochs.All(epoch => epoch.ValidationLoss is not null));
        Assert.HasCount(8, whole.Transform(laterPatients).GetColumn<float[]>("Forecast").ToArray());
    }

    [TestMethod]
    public void Readings_have_dates()
    {
        var ml = new MLContext(seed: 1);
        var options = new LatentOdeOptions { InputColumnNames = ["Level"], Horizon = [1, 2] };
        MakeQuick(options);
        IDataView readings = ml.Data.LoadFromEnumerable(Enumerable.Range(0, 60).Select(i => new Reading(new DateTime(2024, 1, 1).AddDays(2 * i), i % 7)).ToArray());
        ITransformer model = ml.Transforms.GroupIntoSeries(null, "Time", ["Level"]).Append(ml.Forecasting.ForecastByLatentOde(options)).Fit(readings);

        var gauge = ml.Forecasting.CreateForecastEngine<Reading, LevelForecast>(model);
        gauge.Observe(new Reading(new DateTime(2024, 5, 1), Level: 2.1f));
        LevelForecast nextDays = gauge.Forecast(new DateTime(2024, 5, 2), new DateTime(2024, 5, 3));
        Console.WriteLine($"level on {nextDays.Time[1]:d}: {nextDays.Forecast[1]:F2}");

        Assert.AreEqual(new DateTime(2024, 5, 3), nextDays.Time[1]);
    }

    [TestMethod]
    public void Visits_in_long_format_need_one_call()
    {
        var ml = new MLContext(seed: 1);
        var forecaster = ml.Forecasting.ForecastByLatentOde(
            outputColumnName: "Forecast", seriesColumnName: "Patient", timeColumnName: "Day", inputColumnNames: ["Bilirubin", "Albumin"],
            horizon: [90, 180, 365], confidenceLowerBoundColumn: "Lower", confidenceUpperBoundColumn: "Upper");

        var oneSeriesARow = ml.Forecasting.ForecastByLatentOde("Forecast", timeColumnName: "Hour", inputColumnNames: ["Wind"], horizon: [6, 12, 24]);

        ColumnAssert.Needs("Patient", forecaster);
        ColumnAssert.Needs("Hour", oneSeriesARow);
    }

    [TestMethod]
    public void Forecasts_are_backtested()
    {
        var ml = new MLContext(seed: 1);
        WriteVisits();
        IDataView visits = ml.Data.LoadFromTextFile<VisitRow>("visits.csv", new TextLoader.Options { Separators = [','], HasHeader = true, MissingRealsAsNaNs = true });
        IDataView series = ml.Transforms.GroupIntoSeries("Patient", "Day", ["Bilirubin", "Albumin"]).Fit(visits).Transform(visits);
        var options = new LatentOdeOptions { TimeColumnName = "Day", InputColumnNames = ["Bilirubin", "Albumin"], Horizon = [90, 180, 365] };
        MakeQuick(options);

        foreach (ForecastMetrics metrics in ml.Forecasting.BacktestByLatentOde(series, options, origins: 3))
        {
            Console.WriteLine($"{metrics.Name}: RMSE {metrics.RootMeanSquaredError:F2} of {metrics.Count} values");
        }

        options.QuantileLevels = [0.1, 0.5, 0.9];
        options.SeasonalPeriods = [365.25];
        options.StaticColumnNames = ["Age"];
        options.CovariateColumnNames = ["Dose"];
        options.CovariateTimeColumnName = "DoseDay";

        ColumnAssert.Needs("Day", ml.Forecasting.ForecastByLatentOde(options));
    }

    [TestMethod]
    public void Forecasts_are_compared_with_what_came()
    {
        var ml = new MLContext(seed: 1);
        IDataView outcomes = ml.Data.LoadFromEnumerable(
        [
            new Outcome { Forecast = [1, 2], Actual = [1.5f, 2], Lower = [0, 1], Upper = [2, 3] },
            new Outcome { Forecast = [2, 4], Actual = [2, float.NaN], Lower = [1, 3], Upper = [3, 5] },
        ]);

        foreach (ForecastMetrics metrics in ml.Forecasting.EvaluateForecasts(outcomes, "Actual", "Forecast", "Lower", "Upper"))
        {
            Console.WriteLine($"{metrics.Name}: MAE {metrics.MeanAbsoluteError}, {metrics.Coverage:P0} within the bounds");
        }

        IReadOnlyList<ForecastMetrics> all = ml.Forecasting.EvaluateForecasts(outcomes, "Actual", "Forecast", "Lower", "Upper");
        Assert.AreEqual(0.25, all[0].MeanAbsoluteError, 1e-6);
        Assert.AreEqual(1, all[1].Count);
    }

    private static void MakeQuick(LatentOdeOptions options)
    {
        options.EnsembleSize = 1;
        options.HiddenWidth = 8;
        options.LatentWidth = 4;
        options.SolverSteps = 4;
        options.Training.MaximumEpochs = 2;
    }

    private static void WriteVisits()
    {
        var random = new Random(1);
        List<string> lines = ["patient,day,bilirubin,albumin"];
        for (int patient = 0; patient < 24; patient++)
        {
            double day = 0, bilirubin = 1 + random.NextDouble();
            for (int visit = 0; visit < 10; visit++, day += random.Next(60, 140))
            {
                string albumin = random.NextDouble() < 0.3 ? "" : (4 - (0.2 * bilirubin)).ToString("F2", CultureInfo.InvariantCulture);
                lines.Add(string.Create(CultureInfo.InvariantCulture, $"P{patient},{day},{bilirubin:F2},{albumin}"));
                bilirubin += 0.1 * random.NextDouble();
            }
        }

        File.WriteAllLines("visits.csv", lines);
    }

    public class PatientForecast
    {
        public string Patient { get; set; } = "";
        public float[] Forecast { get; set; } = [];
        public float[] Lower { get; set; } = [];
        public float[] Upper { get; set; } = [];
    }

    public class ForecastRow
    {
        public string Series { get; set; } = "";
        public double Time { get; set; }
        public string Variable { get; set; } = "";
        public float Value { get; set; }
        public float Lower { get; set; }
        public float Upper { get; set; }
    }

    public record Reading([property: ColumnName("Time")] DateTime Taken, float Level);

    public class LevelForecast
    {
        public DateTime[] Time { get; set; } = [];
        public float[] Forecast { get; set; } = [];
    }

    public class Visit
    {
        public float Day { get; set; }
        public float Bilirubin { get; set; }
        public float Albumin { get; set; }
    }

    public class Outlook
    {
        public float[] Forecast { get; set; } = [];
        public float[] Lower { get; set; } = [];
        public float[] Upper { get; set; } = [];
    }

    public class Outcome
    {
        [VectorType(2)]
        public float[] Forecast { get; set; } = [];

        [VectorType(2)]
        public float[] Actual { get; set; } = [];

        [VectorType(2)]
        public float[] Lower { get; set; } = [];

        [VectorType(2)]
        public float[] Upper { get; set; } = [];
    }

    public class VisitRow
    {
        [LoadColumn(0)]
        public string Patient { get; set; } = "";

        [LoadColumn(1)]
        public float Day { get; set; }

        [LoadColumn(2)]
        public float Bilirubin { get; set; }

        [LoadColumn(3)]
        public float Albumin { get; set; }
    }
}
