using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Estimators;

namespace Microsoft.ML.Implicit.Tests.Estimators.LatentOde;

[TestClass]
public class LongFormatTests
{
    [TestMethod]
    public void Rows_are_grouped_sorted_and_averaged_in_the_order_of_first_appearance()
    {
        var ml = new MLContext(seed: 1);
        Observation[] rows =
        [
            new("b", 2, 20, 1), new("a", 1, 1, float.NaN), new("b", 1, 10, 1), new("a", 3, float.NaN, 5), new("a", 1, 3, float.NaN), new("a", double.NaN, 9, 9),
        ];
        var messages = new List<string>();
        ml.Log += (_, message) => messages.Add(message.Message);
        IDataView data = ml.Data.LoadFromEnumerable(rows);
        IDataView grouped = ml.Transforms.GroupIntoSeries("Series", "Time", ["Value"], ["Weight"]).Fit(data).Transform(data);
        Grouped[] series = [.. ml.Data.CreateEnumerable<Grouped>(grouped, reuseRowObject: false)];

        CollectionAssert.AreEqual(new[] { "b", "a" }, series.Select(s => s.Series).ToArray());
        CollectionAssert.AreEqual(new double[] { 1, 2 }, series[0].Time);
        CollectionAssert.AreEqual(new float[] { 10, 20 }, series[0].Value);
        CollectionAssert.AreEqual(new double[] { 1, 3 }, series[1].Time);
        CollectionAssert.AreEqual(new float[] { 2, float.NaN }, series[1].Value);
        Assert.AreEqual(5, series[1].Weight);
        Assert.IsTrue(messages.Any(message => message.Contains("1 observations repeat a time", StringComparison.Ordinal)));
        Assert.IsTrue(messages.Any(message => message.Contains("1 observations have no finite time", StringComparison.Ordinal)));
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void Rows_without_a_series_are_warned_of_once_with_their_number(bool isContiguous)
    {
        var ml = new MLContext(seed: 1);
        var messages = new List<string>();
        ml.Log += (_, message) => messages.Add(message.Message);
        IDataView data = ml.Data.LoadFromEnumerable([new Observation("a", 1, 1, 0), new Observation(null!, 1, 1, 0), new Observation(string.Empty, 2, 1, 0)]);
        Assert.AreEqual(2, Group("Series", data));
        Assert.AreEqual(2, Group("Key", ml.Transforms.Conversion.MapValueToKey("Key", "Series").Fit(data).Transform(data)));
        Assert.HasCount(2, messages.Where(message => message.Contains("2 rows do not say which series they belong to", StringComparison.Ordinal)));

        int Group(string series, IDataView rows) =>
            ml.Transforms.GroupIntoSeries(series, "Time", ["Value"], seriesAreContiguous: isContiguous).Fit(rows).Transform(rows).GetColumn<float[]>("Value").Count();
    }

    [TestMethod]
    public void Contiguous_series_are_streamed_and_a_series_that_comes_again_is_an_error()
    {
        var ml = new MLContext(seed: 1);
        int read = 0;
        IEnumerable<Observation> Endless()
        {
            for (int i = 0; ; i++)
            {
                read++;
                yield return new Observation($"series {i / 10}", i, i, 0);
            }
        }

        IDataView data = ml.Data.LoadFromEnumerable(Endless());
        IDataView grouped = ml.Transforms.GroupIntoSeries("Series", "Time", ["Value"], seriesAreContiguous: true).Fit(data).Transform(data);
        Grouped[] first = [.. ml.Data.CreateEnumerable<Grouped>(grouped, reuseRowObject: false, ignoreMissingColumns: true).Take(3)];
        Assert.HasCount(10, first[2].Value);
        Assert.IsLessThan(60, read);

        IDataView mixed = ml.Data.LoadFromEnumerable([new Observation("a", 1, 1, 0), new Observation("b", 1, 1, 0), new Observation("a", 2, 1, 0)]);
        IDataView broken = ml.Transforms.GroupIntoSeries("Series", "Time", ["Value"], seriesAreContiguous: true).Fit(mixed).Transform(mixed);
        InvalidOperationException exception = Assert.Throws<InvalidOperationException>(() => broken.GetColumn<float[]>("Value").ToArray());
        StringAssert.Contains(exception.Message, "'a'", StringComparison.Ordinal);
    }

    [TestMethod]
    public void Dates_and_spans_become_days_and_local_times_become_UTC()
    {
        var ml = new MLContext(seed: 1);
        var noon = new DateTime(1970, 1, 3, 12, 0, 0, DateTimeKind.Utc);
        Dated[] rows = [new(noon, TimeSpan.FromHours(36), 1), new(noon.ToLocalTime().AddDays(1), TimeSpan.FromDays(2), 2), new(DateTime.SpecifyKind(noon.AddDays(2), DateTimeKind.Unspecified), TimeSpan.FromDays(3), 3)];
        IDataView data = ml.Data.LoadFromEnumerable(rows);
        double[] Times(string column)
        {
            IDataView grouped = ml.Transforms.GroupIntoSeries(null, column, ["Value"]).Fit(data).Transform(data);
            return grouped.GetColumn<double[]>(column).Single();
        }

        CollectionAssert.AreEqual(new[] { 2.5, 3.5, 4.5 }, Times("Date"));
        CollectionAssert.AreEqual(new[] { 1.5, 2, 3 }, Times("Span"));
    }

    [TestMethod]
    public void Empty_fields_of_a_text_file_are_missing_and_zeros_in_their_place_are_warned_of()
    {
        string path = Path.GetTempFileName();
        try
        {
            File.WriteAllLines(path, ["date,level", "2024-01-01,316.1", "2024-01-08,", "2024-01-15,317.5", "2024-01-22,317.2", "2024-01-29,"]);
            (float[] values, List<string> messages) = LoadAndTrain(path, missingRealsAsNaNs: true);
            CollectionAssert.AreEqual(new[] { 316.1f, float.NaN, 317.5f, 317.2f, float.NaN }, values);
            Assert.IsFalse(messages.Any(message => message.Contains("are 0", StringComparison.Ordinal)));

            (values, messages) = LoadAndTrain(path, missingRealsAsNaNs: false);
            CollectionAssert.AreEqual(new[] { 316.1f, 0, 317.5f, 317.2f, 0 }, values);
            Assert.IsTrue(messages.Any(message => message.Contains("2 values of column 'Value' are 0, far from all others, which lie between 316.1 and 317.5", StringComparison.Ordinal)));
        }
        finally
        {
            File.Delete(path);
        }
    }

    [TestMethod]
    public void Series_are_named_by_key_text_or_number()
    {
        var ml = new MLContext(seed: 1);
        Numbered[] rows = [new(7, 1, 10), new(3, 1, 30), new(7, 2, 20)];
        IDataView data = ml.Data.LoadFromEnumerable(rows);
        data = ml.Transforms.Conversion.MapValueToKey("Key", "Series").Append(ml.Transforms.Conversion.ConvertType("Text", "Series", DataKind.String)).Fit(data).Transform(data);
        foreach (string column in new[] { "Series", "Key", "Text" })
        {
            IDataView grouped = ml.Transforms.GroupIntoSeries(column, "Time", ["Value"]).Fit(data).Transform(data);
            Assert.AreEqual(data.Schema[column].Type, grouped.Schema[column].Type);
            float[][] values = [.. grouped.GetColumn<float[]>("Value")];
            CollectionAssert.AreEqual(new float[] { 10, 20 }, values[0], column);
            CollectionAssert.AreEqual(new float[] { 30 }, values[1], column);
        }
    }

    [TestMethod]
    public void A_forecaster_takes_long_format_saves_and_loads()
    {
        var ml = new MLContext(seed: 1);
        Observation[] rows = [.. Waves.Create(30).SelectMany((wave, i) => wave.Time.Select((time, j) => new Observation($"wave {i}", time, wave.Sine[j], 0)))];
        IDataView data = ml.Data.LoadFromEnumerable(rows);
        var options = QuickOptions.Create();
        options.InputColumnNames = ["Value"];
        ITransformer model = ml.Transforms.GroupIntoSeries("Series", "Time", ["Value"]).Append(ml.Forecasting.ForecastByLatentOde(options)).Fit(data);
        using var file = new MemoryStream();
        ml.Model.Save(model, data.Schema, file);
        file.Position = 0;
        IDataView expected = model.Transform(data);
        IDataView actual = new MLContext().Model.Load(file, out _).Transform(data);
        Assert.AreEqual("wave 29", actual.GetColumn<string>("Series").Last());
        CollectionAssert.AreEqual(Scored.Vectors(expected, "Forecast")[29], Scored.Vectors(actual, "Forecast")[29]);

        IDataView single = ml.Data.LoadFromEnumerable([new Observation("a", 1, 1, 0)]);
        InvalidOperationException exception = Assert.Throws<InvalidOperationException>(() => ml.Forecasting.ForecastByLatentOde("Forecast", "Series", "Time", ["Value"], [1, 2]).Fit(single));
        StringAssert.Contains(exception.Message, "two observations", StringComparison.Ordinal);
    }

    [TestMethod]
    public void Unknown_and_mistyped_columns_are_named()
    {
        var ml = new MLContext(seed: 1);
        IDataView data = ml.Data.LoadFromEnumerable([new Observation("a", 1, 1, 0)]);
        foreach ((string? series, string time, string value, string named) in new (string?, string, string, string)[] { ("Patient", "Time", "Value", "Patient"), ("Series", "Series", "Value", "Series"), (null, "Time", "Time", "Time") })
        {
            ArgumentException exception = Assert.Throws<ArgumentException>(() => ml.Transforms.GroupIntoSeries(series, time, [value]).Fit(data));
            StringAssert.Contains(exception.Message, named, StringComparison.Ordinal);
        }
    }

    private static (float[] Values, List<string> Messages) LoadAndTrain(string path, bool missingRealsAsNaNs)
    {
        var ml = new MLContext(seed: 1);
        var messages = new List<string>();
        ml.Log += (_, message) => messages.Add(message.Message);
        IDataView rows = ml.Data.LoadFromTextFile(path, new TextLoader.Options
        {
            Columns = [new("Time", DataKind.DateTime, 0), new("Value", DataKind.Single, 1)],
            Separators = [','],
            HasHeader = true,
            MissingRealsAsNaNs = missingRealsAsNaNs,
        });
        IDataView series = ml.Transforms.GroupIntoSeries(null, "Time", ["Value"]).Fit(rows).Transform(rows);
        LatentOdeOptions options = QuickOptions.Create(epochs: 1);
        options.InputColumnNames = ["Value"];
        options.Horizon = [21];
        using LatentOdeTransformer model = ml.Forecasting.ForecastByLatentOde(options).Fit(series);
        return (series.GetColumn<float[]>("Value").Single(), messages);
    }

    private sealed record Numbered(int Series, double Time, float Value);

    private sealed record Observation(string Series, double Time, float Value, float Weight);

    private sealed record Dated(DateTime Date, TimeSpan Span, float Value);

    private sealed class Grouped
    {
        public string Series { get; set; } = string.Empty;

        public double[] Time { get; set; } = [];

        public float[] Value { get; set; } = [];

        public float Weight { get; set; }
    }
}
