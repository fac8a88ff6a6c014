using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Estimators;

namespace Microsoft.ML.Implicit.Tests.Estimators.LatentOde.Engine;

/// <summary>The classes that an engine reads observations from and writes forecasts to.</summary>
[TestClass]
public class ForecastEngineMemberTests
{
    private static readonly DateTime Start = new(2024, 3, 1, 6, 0, 0, DateTimeKind.Utc);

    [TestMethod]
    public void Records_fields_and_members_of_other_names_are_read_and_written_like_properties()
    {
        using LatentOdeTransformer model = Train();
        ForecastEngine<WaveObservation, WaveForecast> plain = model.CreateForecastEngine<WaveObservation, WaveForecast>();
        ForecastEngine<Reading, Outlook> other = model.CreateForecastEngine<Reading, Outlook>();
        foreach (WaveObservation observation in WaveObservation.FromRow(Waves.Create(1, seed: 5)[0]))
        {
            plain.Observe(observation);
            other.Observe(new Reading((float)observation.Time, observation.Cosine) { High = observation.Sine });
        }

        double[] times = [20, 21];
        Outlook outlook = other.Forecast(times);
        WaveForecast expected = plain.Forecast(times);
        WaveForecast.AssertEqual(expected, new WaveForecast { Forecast = outlook.Values, Lower = outlook.Lower, Upper = expected.Upper }, "members");
        Assert.AreSequenceEqual(times, outlook.Time);
        Assert.AreSequenceEqual(times, other.Interpolate(times).Time);
    }

    [TestMethod]
    public void Dates_go_in_and_come_out_to_the_microsecond()
    {
        using LatentOdeTransformer model = Train();
        ForecastEngine<DatedObservation, DatedForecast> engine = model.CreateForecastEngine<DatedObservation, DatedForecast>();
        ForecastEngine<OffsetObservation, OffsetForecast> offset = model.CreateForecastEngine<OffsetObservation, OffsetForecast>();
        ForecastEngine<WaveObservation, WaveForecast> numbers = model.CreateForecastEngine<WaveObservation, WaveForecast>();
        for (int i = 0; i < 10; i++)
        {
            DateTime date = Start.AddDays(0.3 * i);
            engine.Observe(new DatedObservation { Time = date, Sine = 5, Cosine = i });
            offset.Observe(new OffsetObservation(new DateTimeOffset(date).ToOffset(TimeSpan.FromHours(2)), 5, i));
            numbers.Observe(new WaveObservation { Time = (date - DateTime.UnixEpoch).TotalDays, Sine = 5, Cosine = i });
        }

        DateTime[] asked = [Start.AddDays(3), Start.AddDays(4).AddMicroseconds(123_457)];
        DatedForecast forecast = engine.Forecast(asked);
        Assert.AreSequenceEqual(asked, forecast.Time);
        Assert.AreEqual(DateTimeKind.Utc, forecast.Time[0].Kind);
        Assert.AreSequenceEqual(forecast.Forecast, engine.Forecast(asked[0], asked[1].ToLocalTime()).Forecast);
        Assert.AreSequenceEqual(forecast.Forecast, numbers.Forecast([.. asked.Select(date => (date - DateTime.UnixEpoch).TotalDays)]).Forecast);
        OffsetForecast offsetForecast = offset.Forecast(asked);
        Assert.AreSequenceEqual(forecast.Forecast, offsetForecast.Forecast);
        Assert.AreSequenceEqual(asked.Select(date => new DateTimeOffset(date)).ToArray(), offsetForecast.Time);

        // Without dates: the horizon after the last observation.
        Assert.AreSequenceEqual([Start.AddDays(3.2), Start.AddDays(3.7), Start.AddDays(4.7)], engine.Forecast().Time);
        Assert.AreEqual(5, engine.Interpolate(Start.AddDays(0.6)).Forecast[0], 1e-3);
    }

    [TestMethod]
    public void Messages_tell_dates_where_observations_do()
    {
        using LatentOdeTransformer model = Train();
        ForecastEngine<DatedObservation, DatedForecast> engine = model.CreateForecastEngine<DatedObservation, DatedForecast>();
        engine.Observe(new DatedObservation { Time = Start, Sine = 5, Cosine = 1 });
        ArgumentException earlier = Assert.ThrowsExactly<ArgumentException>(() => engine.Observe(new DatedObservation { Time = Start.AddHours(-1), Sine = 5 }));
        StringAssert.Contains(earlier.Message, "2024-03-01 05:00:00Z cannot follow one at 2024-03-01 06:00:00Z", StringComparison.Ordinal);
        ArgumentException later = Assert.ThrowsExactly<ArgumentException>(() => engine.Forecast(Start.AddYears(20)));
        StringAssert.Contains(later.Message, "2044-03-01 06:00:00Z is 7305 days after the observation at 2024-03-01 06:00:00Z", StringComparison.Ordinal);
        ForecastEngine<WaveObservation, WaveForecast> numbers = model.CreateForecastEngine<WaveObservation, WaveForecast>();
        numbers.Observe(new WaveObservation { Time = 1, Sine = 5 });
        ArgumentException noDates = Assert.ThrowsExactly<ArgumentException>(() => numbers.Forecast(Start));
        StringAssert.Contains(noDates.Message, "Property 'Time' of WaveObservation is Double and tells no dates", StringComparison.Ordinal);
    }

    [TestMethod]
    public void Members_that_are_missing_mistyped_or_stand_for_nothing_are_named()
    {
        using LatentOdeTransformer model = Train();
        AssertNamed<Misspelt, WaveForecast>("Misspelt has no public property or field for column 'Cosine'; it has Time, Sine, Cosin.");
        AssertNamed<Hidden, WaveForecast>("Hidden has no public property or field for column 'Time'");
        AssertNamed<Texts, WaveForecast>("Property 'Time' of Texts is String; expected Single, Double, DateTime, DateTimeOffset or TimeSpan");
        AssertNamed<Doubles, WaveForecast>("Field 'Sine' of Doubles is Double; expected Single");
        AssertNamed<WaveObservation, Scalar>("Property 'Forecast' of Scalar is Single; expected an array of Single");
        AssertNamed<WaveObservation, Unmatched>("Property 'Forcast' of Unmatched stands for none of the columns 'Forecast', 'Lower', 'Upper'");
        AssertNamed<WaveObservation, Nothing>("Nothing has no public property or field for any of the columns");
        AssertNamed<WaveObservation, Fixed>("Property 'Forecast' of Fixed cannot be set");

        void AssertNamed<TObservation, TForecast>(string expected)
            where TObservation : class
            where TForecast : class, new()
        {
            ArgumentException exception = Assert.ThrowsExactly<ArgumentException>(() => model.CreateForecastEngine<TObservation, TForecast>());
            StringAssert.Contains(exception.Message, expected, StringComparison.Ordinal);
        }
    }

    [TestMethod]
    public void An_engine_comes_from_any_chain_with_a_forecaster_and_a_prediction_engine_that_cannot_says_so()
    {
        var ml = new MLContext(seed: 1);
        IDataView data = ml.Data.LoadFromEnumerable(Waves.Create(20).SelectMany((wave, i) => wave.Time.Select((time, j) => new Row($"wave {i}", time, wave.Sine[j]))).ToArray());
        LatentOdeOptions options = QuickOptions.Create(epochs: 1);
        options.InputColumnNames = ["Sine"];
        ITransformer model = ml.Transforms.GroupIntoSeries("Name", "Time", ["Sine"]).Append(ml.Forecasting.ForecastByLatentOde(options)).Fit(data);
        using var file = new MemoryStream();
        ml.Model.Save(model, data.Schema, file);
        file.Position = 0;
        ITransformer loaded = ml.Model.Load(file, out _);
        ForecastEngine<Row, WaveForecast> engine = ml.Forecasting.CreateForecastEngine<Row, WaveForecast>(loaded);
        engine.Observe(new Row("any", 1, 5));
        Assert.HasCount(3, engine.Forecast().Forecast);

        NotSupportedException exception = Assert.Throws<NotSupportedException>(() => ml.Model.CreatePredictionEngine<Row, WaveForecast>(loaded));
        StringAssert.Contains(exception.Message, "CreateForecastEngine", StringComparison.Ordinal);
        ITransformer none = ml.Transforms.CopyColumns("Copy", "Sine").Fit(data);
        StringAssert.Contains(Assert.ThrowsExactly<ArgumentException>(() => ml.Forecasting.CreateForecastEngine<Row, WaveForecast>(none)).Message, "no forecaster", StringComparison.Ordinal);
    }

    private static LatentOdeTransformer Train() =>
        new MLContext(seed: 1).Forecasting.ForecastByLatentOde(QuickOptions.Create(epochs: 1)).Fit(new MLContext().Data.LoadFromEnumerable(Waves.Create(30)));

#pragma warning disable CA1051 // What is tested here is that fields are read and written.
    private sealed record Reading([property: ColumnName("Time")] float Hour, float Cosine)
    {
        [ColumnName("Sine")]
        public float High = float.NaN;
    }

    private sealed class Outlook
    {
        public float[] Lower = [];

        public double[] Time { get; set; } = [];

        [ColumnName("Forecast")]
        public float[] Values { get; set; } = [];

        [NoColumn]
        public float[] Other { get; set; } = [];

        public string Comment { get; set; } = string.Empty;
    }

    private sealed class Doubles
    {
        public double Time { get; set; }

        public double Sine = 1;

        public float Cosine { get; set; }
    }
#pragma warning restore CA1051

    private sealed class DatedObservation
    {
        public DateTime Time { get; set; }

        public float Sine { get; set; } = float.NaN;

        public float Cosine { get; set; } = float.NaN;
    }

    private sealed class DatedForecast
    {
        public DateTime[] Time { get; set; } = [];

        public float[] Forecast { get; set; } = [];
    }

    private sealed record OffsetObservation(DateTimeOffset Time, float Sine, float Cosine);

    private sealed class OffsetForecast
    {
        public DateTimeOffset[] Time { get; set; } = [];

        public float[] Forecast { get; set; } = [];
    }

    private sealed record Misspelt(double Time, float Sine, float Cosin);

    private sealed record Texts(string Time, float Sine, float Cosine);

    private sealed record Row(string Name, double Time, float Sine);

    private sealed class Hidden
    {
        internal double Time { get; set; }
    }

    private sealed class Scalar
    {
        public float Forecast { get; set; }
    }

    private sealed class Unmatched
    {
        public float[] Forcast { get; set; } = [];
    }

    private sealed class Nothing
    {
        public string Comment { get; set; } = string.Empty;
    }

    private sealed class Fixed
    {
        public float[] Forecast { get; } = [];
    }
}
