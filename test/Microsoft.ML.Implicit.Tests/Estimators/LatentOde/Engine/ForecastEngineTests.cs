using Microsoft.ML.Implicit.Estimators;

namespace Microsoft.ML.Implicit.Tests.Estimators.LatentOde.Engine;

[TestClass]
public class ForecastEngineTests
{
    [TestMethod]
    public void Observing_one_by_one_forecasts_what_the_whole_history_does()
    {
        foreach ((LatentAnchor anchor, SeriesEncoderKind encoder) in Enum.GetValues<SeriesEncoderKind>().Select(kind => (LatentAnchor.LastObservation, kind)).Append((LatentAnchor.FirstObservation, default)))
        {
            using LatentOdeTransformer model = Train(anchor, encoder);
            WaveRow row = Waves.Create(1, seed: 5)[0];
            ForecastEngine<Observation, Forecast> engine = model.CreateForecastEngine<Observation, Forecast>();
            for (int i = 0; i < row.Time.Length; i++)
            {
                engine.Observe(At(row, i));
            }

            IDataView answer = model.Transform(new MLContext().Data.LoadFromEnumerable([row]));
            AssertClose(Scored.Vectors(answer, "Values")[0], engine.Forecast().Values);
            AssertClose(Scored.Vectors(answer, "Upper")[0], engine.Forecast().Upper);
            Assert.HasCount(4, engine.Forecast(row.Time[^1] + 0.25, row.Time[^1] + 3).Values);
        }
    }

    [TestMethod]
    public void Observing_one_by_one_forecasts_what_the_whole_history_does_after_long_and_short_gaps_and_beside_longer_series()
    {
        foreach ((LatentAnchor anchor, SeriesEncoderKind encoder) in WaveModels.Kinds)
        {
            using LatentOdeTransformer model = WaveModels.Train(anchor, encoder);
            WaveRow row = Waves.Create(1, seed: 5)[0], longer = Waves.Create(1, seed: 6)[0];
            for (int i = row.Time.Length / 2; i < row.Time.Length; i++)
            {
                row.Time[i] += i < row.Time.Length - 2 ? 1000 : 3000;
            }

            longer.Time = [.. longer.Time, .. longer.Time.Select(time => time + 100)];
            longer.Sine = [.. longer.Sine, .. longer.Sine];
            longer.Cosine = [.. longer.Cosine, .. longer.Cosine];
            WaveForecast whole = WaveModels.Transform(model, longer, row)[1], oneByOne = WaveModels.Observe(model, WaveObservation.FromRow(row)).Forecast();
            AssertClose(whole.Forecast, oneByOne.Forecast);
            AssertClose(whole.Upper, oneByOne.Upper);
        }
    }

    [TestMethod]
    public void A_resumed_engine_goes_on_where_it_stood_and_a_file_of_another_model_is_refused()
    {
        using LatentOdeTransformer model = Train(drifts: true);
        WaveRow row = Waves.Create(1, seed: 5)[0];
        ForecastEngine<Observation, Forecast> engine = model.CreateForecastEngine<Observation, Forecast>();
        string path = Path.GetTempFileName();
        try
        {
            for (int i = 0; i < 10; i++)
            {
                engine.Observe(At(row, i));
            }

            engine.CheckPoint(path);
            ForecastEngine<Observation, Forecast> resumed = model.ResumeForecastEngine<Observation, Forecast>(path);
            engine.Observe(At(row, 10));
            resumed.Observe(At(row, 10));
            Assert.AreEqual(11, resumed.ObservationCount);
            CollectionAssert.AreEqual(engine.Forecast().Values, resumed.Forecast().Values);
            double middle = 0.5 * (row.Time[3] + row.Time[4]);
            CollectionAssert.AreEqual(engine.Interpolate(middle).Values, resumed.Interpolate(middle).Values);

            using LatentOdeTransformer other = Train(seed: 2);
            StringAssert.Contains(Assert.Throws<FormatException>(() => other.ResumeForecastEngine<Observation, Forecast>(path)).Message, "another model", StringComparison.Ordinal);
            byte[] file = File.ReadAllBytes(path);
            file[^1] ^= 1;
            File.WriteAllBytes(path, file);
            StringAssert.Contains(Assert.Throws<FormatException>(() => model.ResumeForecastEngine<Observation, Forecast>(path)).Message, "altered", StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(path);
        }
    }

    [TestMethod]
    public void A_check_point_can_be_resumed_from_at_every_moment_while_another_replaces_it()
    {
        using LatentOdeTransformer model = Train();
        ForecastEngine<Observation, Forecast> engine = model.CreateForecastEngine<Observation, Forecast>();
        engine.Observe(new Observation { Time = 0, Sine = 5, Cosine = 1 });
        DirectoryInfo folder = Directory.CreateTempSubdirectory();
        try
        {
            string path = Path.Combine(folder.FullName, "engine");
            engine.CheckPoint(path);
            Task writing = Task.Run(() =>
            {
                for (int i = 1; i <= 20; i++)
                {
                    engine.Observe(new Observation { Time = i, Sine = 5, Cosine = 1 });
                    engine.CheckPoint(path);
                }
            });
            long count = 0;
            do
            {
                long next = model.ResumeForecastEngine<Observation, Forecast>(path).ObservationCount;
                Assert.IsGreaterThanOrEqualTo(count, next);
                count = next;
            }
            while (!writing.IsCompleted);

            writing.GetAwaiter().GetResult();
            Assert.AreEqual(21, model.ResumeForecastEngine<Observation, Forecast>(path).ObservationCount);
            Assert.HasCount(1, folder.GetFiles());
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [TestMethod]
    public void Interpolation_passes_through_observations_and_forecasts_beyond_the_last()
    {
        using LatentOdeTransformer model = Train();
        WaveRow row = Waves.Create(1, seed: 5)[0];
        ForecastEngine<Observation, Forecast> engine = model.CreateForecastEngine<Observation, Forecast>();
        for (int i = 0; i < row.Time.Length; i++)
        {
            engine.Observe(At(row, i));
        }

        double ahead = row.Time[^1] + 1;
        Forecast values = engine.Interpolate(row.Time[0] - 1, row.Time[7], (0.9 * row.Time[7]) + (0.1 * row.Time[8]), ahead);
        Assert.IsTrue(float.IsNaN(values.Values[0]));
        Assert.AreEqual(row.Sine[7], values.Values[1], 1e-4);
        Assert.AreEqual(row.Sine[7], values.Values[2], Math.Abs(row.Sine[8] - row.Sine[7]) + 0.2);
        Assert.AreEqual(engine.Forecast(ahead).Values[0], values.Values[3], 1e-4);
    }

    [TestMethod]
    public void Mistakes_are_named()
    {
        using LatentOdeTransformer model = Train();
        ForecastEngine<Observation, Forecast> engine = model.CreateForecastEngine<Observation, Forecast>();
        Assert.Throws<InvalidOperationException>(() => engine.Forecast(1));
        engine.Observe(new Observation { Time = 2 });
        Assert.Throws<ArgumentException>(() => engine.Observe(new Observation { Time = 1 }));
        Assert.Throws<ArgumentException>(() => engine.Observe(new Observation { Time = double.NaN }));
        StringAssert.Contains(Assert.Throws<ArgumentException>(() => model.CreateForecastEngine<Forecast, Forecast>()).Message, "Time", StringComparison.Ordinal);
    }

    [TestMethod]
    public void Several_threads_may_use_one_engine()
    {
        using LatentOdeTransformer model = Train();
        ForecastEngine<Observation, Forecast> engine = model.CreateForecastEngine<Observation, Forecast>();
        engine.Observe(new Observation { Time = 0, Sine = 5, Cosine = 1 });
        Parallel.For(0, 40, i =>
        {
            engine.Observe(new Observation { Time = 1, Sine = 5, Cosine = 0 });
            Assert.IsTrue(engine.Forecast(2, 3).Values.All(float.IsFinite));
        });
        Assert.AreEqual(41, engine.ObservationCount);
    }

    private static LatentOdeTransformer Train(LatentAnchor anchor = LatentAnchor.LastObservation, SeriesEncoderKind encoder = SeriesEncoderKind.Gru, int seed = 1, bool drifts = false)
    {
        var ml = new MLContext(seed: 1);
        LatentOdeOptions options = QuickOptions.Create(epochs: 1, seed);
        options.Anchor = anchor;
        options.Encoder = encoder;
        options.OutputColumnName = nameof(Forecast.Values);
        List<WaveRow> rows = Waves.Create(drifts ? 10 : 30);
        if (drifts)
        {
            rows.ForEach(row => row.Sine = [.. row.Sine.Zip(row.Time, (value, time) => value + (float)(10 * time))]);
        }

        return ml.Forecasting.ForecastByLatentOde(options).Fit(ml.Data.LoadFromEnumerable(rows));
    }

    private static Observation At(WaveRow row, int index) => new() { Time = row.Time[index], Sine = row.Sine[index], Cosine = row.Cosine[index] };

    private static void AssertClose(float[] expected, float[] actual)
    {
        Assert.HasCount(expected.Length, actual);
        for (int i = 0; i < expected.Length; i++)
        {
            Assert.AreEqual(expected[i], actual[i], 1e-4 * (1 + Math.Abs(expected[i])));
        }
    }

    private sealed class Observation
    {
        public double Time { get; set; }

        public float Sine { get; set; }

        public float Cosine { get; set; }
    }

    private sealed class Forecast
    {
        public float[] Values { get; set; } = [];

        public float[] Upper { get; set; } = [];
    }
}
