using Microsoft.ML.Implicit.Data;
using Microsoft.ML.Implicit.Estimators;

namespace Microsoft.ML.Implicit.Tests.Estimators.LatentOde;

[TestClass]
public class UnobservedRowsTests
{
    [TestMethod]
    public void Rows_in_which_nothing_is_observed_change_no_forecast_at_a_given_time()
    {
        var random = new Random(3);
        foreach ((LatentAnchor anchor, SeriesEncoderKind encoder) in WaveModels.Kinds)
        {
            using LatentOdeTransformer model = WaveModels.TrainForTimes(anchor, encoder);
            using PredictionEngine<WaveRow, WaveForecast> predictions = new MLContext().Model.CreatePredictionEngine<WaveRow, WaveForecast>(model, new PredictionEngineOptions { OwnsTransformer = false });
            var observed = new List<WaveRow>();
            var padded = new List<WaveRow>();
            foreach (WaveRow wave in Waves.Create(5, seed: 5, observations: 12))
            {
                // The last observations of one variable lie before those of the other.
                Array.Fill(wave.Cosine, float.NaN, 9, 3);
                double[] times = [wave.Time[^1], wave.Time[^1] + 0.7, wave.Time[^1] + 3, wave.Time[^1] + 40];
                List<WaveObservation> observations = WaveObservation.FromRow(wave);
                List<WaveObservation> all = Pad(observations, random);
                observed.Add(WaveObservation.ToRow(observations, times));
                padded.Add(WaveObservation.ToRow(all, times));

                string name = $"{anchor}, {encoder}";
                WaveForecast expected = WaveModels.Observe(model, observations).Forecast(times);
                WaveForecast.AssertEqual(expected, WaveModels.Observe(model, all).Forecast(times), name);
                WaveForecast.AssertEqual(expected, predictions.Predict(padded[^1]), name);
                WaveForecast.AssertEqual(
                    WaveModels.Observe(model, observations).Interpolate(wave.Time[3] + 1e-3, wave.Time[^1] + 1),
                    WaveModels.Observe(model, all).Interpolate(wave.Time[3] + 1e-3, wave.Time[^1] + 1),
                    name);
            }

            WaveForecast[] without = WaveModels.Transform(model, [.. observed]);
            WaveForecast[] with = WaveModels.Transform(model, [.. padded]);
            for (int row = 0; row < with.Length; row++)
            {
                WaveForecast.AssertEqual(without[row], with[row], $"{anchor}, {encoder}, row {row}");
            }
        }
    }

    [TestMethod]
    public void Times_ahead_are_counted_from_the_last_row_though_nothing_was_observed_in_it()
    {
        using LatentOdeTransformer model = WaveModels.Train(LatentAnchor.LastObservation, SeriesEncoderKind.Gru);
        List<WaveObservation> observations = WaveObservation.FromRow(Waves.Create(1, seed: 5)[0]);
        double last = observations[^1].Time;
        WaveForecast expected = WaveModels.Observe(model, observations).Forecast(last + 2, last + 2.5, last + 3.5);
        observations.Add(new WaveObservation { Time = last + 1.5 });
        ForecastEngine<WaveObservation, WaveForecast> engine = WaveModels.Observe(model, observations);
        WaveForecast.AssertEqual(expected, engine.Forecast(), "engine");
        WaveForecast.AssertEqual(expected, WaveModels.Transform(model, WaveObservation.ToRow(observations))[0], "row");
        Assert.AreEqual(observations.Count - 1, engine.ObservationCount);
        Assert.Throws<ArgumentException>(() => engine.Observe(new WaveObservation { Time = last + 1, Sine = 5 }));
    }

    [TestMethod]
    public void Rows_in_which_nothing_is_observed_teach_nothing()
    {
        var random = new Random(4);
        List<WaveRow> waves = Waves.Create(30);
        WaveRow[] padded = [.. waves.Select(wave => WaveObservation.ToRow(Pad(WaveObservation.FromRow(wave), random), wave.ForecastTime))];
        foreach (SeriesEncoderKind encoder in Enum.GetValues<SeriesEncoderKind>())
        {
            using LatentOdeTransformer expected = WaveModels.TrainForTimes(LatentAnchor.LastObservation, encoder, waves);
            using LatentOdeTransformer actual = WaveModels.TrainForTimes(LatentAnchor.LastObservation, encoder, padded);
            CollectionAssert.AreEqual(WaveModels.Transform(expected, waves[0])[0].Upper, WaveModels.Transform(actual, waves[0])[0].Upper, encoder.ToString());
        }
    }

    [TestMethod]
    public void A_ramp_is_forecast_at_its_height_though_its_last_rows_are_empty_in_one_row_a_series_and_long_format()
    {
        var ml = new MLContext(seed: 1);
        foreach (int empty in new[] { 0, 1, 5 })
        {
            LongRow[] rows = [.. Enumerable.Range(0, 80 + empty).Select(i => new LongRow(i, i < 80 ? i : float.NaN))];
            IDataView data = ml.Data.LoadFromEnumerable(rows);
            LatentOdeOptions options = QuickOptions.Create(epochs: 30);
            options.InputColumnNames = [nameof(LongRow.Value)];
            options.Horizon = [10];
            options.MaximumHorizon = 16;
            ITransformer model = ml.Transforms.GroupIntoSeries(null, nameof(LongRow.Time), [nameof(LongRow.Value)]).Append(ml.Forecasting.ForecastByLatentOde(options)).Fit(data);
            IDataView answer = model.Transform(data);
            Assert.AreEqual(rows.Length + 9, Scored.Vectors(answer, "Forecast")[0][0], 1.0);
        }
    }

    [TestMethod]
    public void A_covariate_that_is_missing_changes_nothing_wherever_it_is()
    {
        var expected = new StepFunction([1, 4], [3, 7], center: 1, scale: 2);
        var actual = new StepFunction([-5, 1, 2, 4, 9], [float.NaN, 3, float.NaN, 7, float.NaN], center: 1, scale: 2);
        foreach (double time in new double[] { -9, -5, 0, 1, 2, 3, 4, 9, 12 })
        {
            Assert.AreEqual(expected.At(time), actual.At(time));
            Assert.AreEqual(expected.Mean(time, time + 2.5), actual.Mean(time, time + 2.5), 1e-12);
        }

        Assert.AreEqual(0, new StepFunction([1, 2], [float.NaN, float.NaN], center: 1, scale: 2).At(3));
    }

    // Rows without any value before, after and between observations, some at their times.
    private static List<WaveObservation> Pad(List<WaveObservation> observations, Random random)
    {
        double start = observations[0].Time - 3;
        double length = observations[^1].Time + 5 - start;
        WaveObservation[] empty = [.. Enumerable.Range(0, 8).Select(_ => new WaveObservation { Time = start + (length * random.NextDouble()), Amplitude = observations[0].Amplitude })];
        empty[0].Time = start;
        empty[1].Time = start + length;
        empty[2].Time = observations[4].Time;
        empty[3].Sine = float.PositiveInfinity;
        return [.. observations.Concat(empty).OrderBy(observation => observation.Time)];
    }

    private sealed record LongRow(double Time, float Value);
}
