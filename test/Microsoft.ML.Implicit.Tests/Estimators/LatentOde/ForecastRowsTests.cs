using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Estimators;

namespace Microsoft.ML.Implicit.Tests.Estimators.LatentOde;

/// <summary>Forecasts with one row a series, variable and time.</summary>
[TestClass]
public class ForecastRowsTests
{
    private static readonly DateTime Start = new(2024, 5, 1, 0, 0, 0, DateTimeKind.Utc);

    [TestMethod]
    public void Rows_are_the_slots_of_the_vectors()
    {
        var ml = new MLContext(seed: 1);
        IDataView data = Long(ml);
        LatentOdeOptions options = QuickOptions.Create(epochs: 1);
        ITransformer model = ml.Transforms.GroupIntoSeries("Name", "Time", ["Sine", "Cosine"]).Append(ml.Forecasting.ForecastByLatentOde(options)).Fit(data);
        IDataView vectors = model.Transform(data);
        Row[] rows = [.. ml.Data.CreateEnumerable<Row>(ml.Forecasting.ForecastRows(model, data, "Name"), reuseRowObject: false)];
        Assert.HasCount(20 * 2 * 3, rows);
        string[] names = [.. vectors.GetColumn<string>("Name")];
        double[][] times = [.. vectors.GetColumn<double[]>("Time")];
        Assert.AreSequenceEqual(names.SelectMany(name => Enumerable.Repeat(name, 6)).ToArray(), rows.Select(row => row.Series).ToArray());
        Assert.AreSequenceEqual(times.SelectMany(t => Enumerable.Repeat(options.Horizon.Select(ahead => t[^1] + ahead), 2).SelectMany(all => all)).ToArray(), rows.Select(row => row.Time).ToArray());
        Assert.AreSequenceEqual(Enumerable.Repeat(new[] { "Sine", "Sine", "Sine", "Cosine", "Cosine", "Cosine" }, 20).SelectMany(all => all).ToArray(), rows.Select(row => row.Variable).ToArray());
        AssertSlots("Forecast", row => row.Value);
        AssertSlots("Lower", row => row.Lower);
        AssertSlots("Upper", row => row.Upper);

        void AssertSlots(string column, Func<Row, float> value) => Assert.AreSequenceEqual(Scored.Vectors(vectors, column).SelectMany(all => all).ToArray(), rows.Select(value).ToArray());
    }

    [TestMethod]
    public void Dates_come_out_as_dates_in_long_format_and_with_one_series_a_row()
    {
        var ml = new MLContext(seed: 1);
        DatedRow[] observations = [.. Waves.Create(20).SelectMany((wave, i) => wave.Time.Select((time, j) => new DatedRow(i, Start.AddMilliseconds(Math.Round(time * 86_400_000)), wave.Sine[j])))];
        IDataView data = ml.Data.LoadFromEnumerable(observations);
        LatentOdeOptions options = QuickOptions.Create(epochs: 1);
        options.InputColumnNames = ["Sine"];
        options.ConfidenceLowerBoundColumn = null;
        ITransformer model = ml.Transforms.GroupIntoSeries("Number", "Time", ["Sine"]).Append(ml.Forecasting.ForecastByLatentOde(options)).Fit(data);
        IDataView rows = ml.Forecasting.ForecastRows(model, data, "Number");
        Assert.AreEqual(data.Schema["Number"].Type, rows.Schema["Series"].Type);
        DateTime[] times = [.. rows.GetColumn<DateTime>("Time")];
        DateTime last = observations.Where(row => row.Number == 0).Max(row => row.Time);
        Assert.AreSequenceEqual([last.AddDays(0.5), last.AddDays(1), last.AddDays(2)], times[..3]);
        Assert.IsTrue(rows.GetColumn<float>("Lower").All(float.IsNaN));
        Assert.IsTrue(rows.GetColumn<float>("Upper").All(float.IsFinite));

        IDataView wide = ml.Data.LoadFromEnumerable(observations.GroupBy(row => row.Number)
            .Select(series => new WideRow { Time = [.. series.Select(row => row.Time)], Sine = [.. series.Select(row => row.Sine)] }).ToArray());
        IDataView wideRows = ml.Forecasting.ForecastRows(ml.Forecasting.ForecastByLatentOde(options).Fit(wide), wide);
        Assert.IsNull(wideRows.Schema.GetColumnOrNull("Series"));
        Assert.AreSequenceEqual(times, wideRows.GetColumn<DateTime>("Time").ToArray());
    }

    [TestMethod]
    public void Times_of_their_own_and_series_without_any_make_as_many_rows()
    {
        var ml = new MLContext(seed: 1);
        LatentOdeOptions options = QuickOptions.Create(epochs: 1);
        IDataView fit = ml.Data.LoadFromEnumerable(Waves.Create(30));
        List<WaveRow> asked = Waves.Create(2, seed: 4);
        asked.Insert(1, new WaveRow());
        IDataView data = ml.Data.LoadFromEnumerable(asked);
        using LatentOdeTransformer fixedTimes = ml.Forecasting.ForecastByLatentOde(options).Fit(fit);
        Assert.HasCount(2 * 6, ml.Forecasting.ForecastRows(fixedTimes, data).GetColumn<float>("Value").ToArray());
        WaveModels.AskForTimes(options);
        using LatentOdeTransformer ownTimes = ml.Forecasting.ForecastByLatentOde(options).Fit(fit);
        double[] times = [.. ml.Forecasting.ForecastRows(ownTimes, data).GetColumn<double>("Time")];
        Assert.AreSequenceEqual([.. asked[0].ForecastTime, .. asked[0].ForecastTime, .. asked[2].ForecastTime, .. asked[2].ForecastTime], times);
    }

    [TestMethod]
    public void A_message_about_a_date_too_far_ahead_tells_dates()
    {
        var ml = new MLContext(seed: 1);
        LatentOdeOptions options = QuickOptions.Create(epochs: 1);
        options.InputColumnNames = ["Sine"];
        options.Horizon = [];
        options.MaximumHorizon = 1;
        options.ForecastTimeColumnName = "Asked";
        AskedRow Row(DateTime asked) => new() { Time = [.. Enumerable.Range(0, 10).Select(i => Start.AddDays(0.3 * i))], Sine = [.. Enumerable.Range(0, 10).Select(i => i % 3f)], Asked = [asked] };
        IDataView data = ml.Data.LoadFromEnumerable(Enumerable.Repeat(Row(Start.AddDays(4)), 20).ToArray());
        using LatentOdeTransformer model = ml.Forecasting.ForecastByLatentOde(options).Fit(data);
        IDataView late = model.Transform(ml.Data.LoadFromEnumerable([Row(Start.AddYears(10))]));
        ArgumentException exception = Assert.ThrowsExactly<ArgumentException>(() => Scored.Vectors(late, "Forecast"));
        StringAssert.Contains(exception.Message, "Row 0: The forecast at 2034-05-01 00:00:00Z is ", StringComparison.Ordinal);
        StringAssert.Contains(exception.Message, "days after the observation at 2024-05-03 16:48:00Z", StringComparison.Ordinal);
    }

    private static IDataView Long(MLContext ml) => ml.Data.LoadFromEnumerable(
        Waves.Create(20).SelectMany((wave, i) => wave.Time.Select((time, j) => new Observation($"wave {i}", time, wave.Sine[j], wave.Cosine[j]))).ToArray());

    private sealed record Observation(string Name, double Time, float Sine, float Cosine);

    private sealed record DatedRow(int Number, DateTime Time, float Sine);

    private sealed class WideRow
    {
        public DateTime[] Time { get; set; } = [];

        public float[] Sine { get; set; } = [];
    }

    private sealed class AskedRow
    {
        public DateTime[] Time { get; set; } = [];

        public float[] Sine { get; set; } = [];

        public DateTime[] Asked { get; set; } = [];
    }

    private sealed class Row
    {
        public string Series { get; set; } = string.Empty;

        public double Time { get; set; }

        public string Variable { get; set; } = string.Empty;

        public float Value { get; set; }

        public float Lower { get; set; }

        public float Upper { get; set; }
    }
}
