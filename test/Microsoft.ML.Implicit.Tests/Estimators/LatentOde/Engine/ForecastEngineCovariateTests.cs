using Microsoft.ML.Implicit.Estimators;

namespace Microsoft.ML.Implicit.Tests.Estimators.LatentOde.Engine;

[TestClass]
public class ForecastEngineCovariateTests
{
    private static readonly double[] InputTimes = [.. Enumerable.Range(0, 16).Select(i => (double)i)];
    private static readonly float[] Dose = [.. InputTimes.Select(time => (float)Math.Sin(time))];
    private static readonly float[] Heat = [.. InputTimes.Select(time => (float)(time % 3))];

    [TestMethod]
    public void An_engine_that_got_no_covariates_names_those_it_needs()
    {
        using LatentOdeTransformer model = Train(LatentAnchor.LastObservation, SeriesEncoderKind.Gru);
        ForecastEngine<Observation, WaveForecast> engine = model.CreateForecastEngine<Observation, WaveForecast>();
        engine.Observe(new Observation { Time = 1, Level = 1 });
        foreach (Action ask in new Action[] { () => engine.Forecast(), () => engine.Forecast(2), () => engine.Interpolate(2) })
        {
            string message = Assert.Throws<InvalidOperationException>(ask).Message;
            StringAssert.Contains(message, "'Dose', 'Heat'", StringComparison.Ordinal);
            StringAssert.Contains(message, "SetCovariates", StringComparison.Ordinal);
        }

        Assert.Throws<ArgumentException>(() => engine.SetCovariates([], [], []));
        Assert.Throws<ArgumentException>(() => engine.SetCovariates([double.NaN], [1], [1]));
        Assert.Throws<ArgumentException>(() => engine.SetCovariates([1], [1]));
        Assert.Throws<ArgumentException>(() => engine.SetCovariates([1], [1], null!));
        engine.SetCovariates(InputTimes, Dose, Heat);
        Assert.IsTrue(engine.Forecast().Forecast.All(float.IsFinite));
    }

    [TestMethod]
    public void Covariates_may_be_set_before_among_or_after_observations_and_anew()
    {
        foreach ((LatentAnchor anchor, SeriesEncoderKind encoder) in WaveModels.Kinds)
        {
            using LatentOdeTransformer model = Train(anchor, encoder);
            Row row = CreateRows(1, seed: 2)[0];
            var ml = new MLContext();
            IDataView answer = model.Transform(ml.Data.LoadFromEnumerable([row]));
            var expected = new WaveForecast { Forecast = Scored.Vectors(answer, "Forecast")[0], Lower = Scored.Vectors(answer, "Lower")[0], Upper = Scored.Vectors(answer, "Upper")[0] };
            foreach (int place in new[] { 0, 1, 5, row.Time.Length })
            {
                ForecastEngine<Observation, WaveForecast> engine = model.CreateForecastEngine<Observation, WaveForecast>();
                for (int i = 0; i <= row.Time.Length; i++)
                {
                    if (i == 0 || i == place)
                    {
                        engine.SetCovariates(InputTimes, i == place ? Dose : Heat, Heat);
                    }

                    if (i < row.Time.Length)
                    {
                        engine.Observe(new Observation { Time = row.Time[i], Level = row.Level[i], Gain = row.Gain });
                    }
                }

                WaveForecast.AssertEqual(expected, engine.Forecast(), $"{anchor}, {encoder}, covariates after {place} observations");
            }
        }
    }

    private static LatentOdeTransformer Train(LatentAnchor anchor, SeriesEncoderKind encoder)
    {
        var ml = new MLContext(seed: 1);
        LatentOdeOptions options = QuickOptions.Create(epochs: 1);
        options.Anchor = anchor;
        options.Encoder = encoder;
        options.InputColumnNames = [nameof(Row.Level)];
        options.StaticColumnNames = [nameof(Row.Gain)];
        options.CovariateTimeColumnName = nameof(Row.InputTime);
        options.CovariateColumnNames = [nameof(Row.Dose), nameof(Row.Heat)];
        return ml.Forecasting.ForecastByLatentOde(options).Fit(ml.Data.LoadFromEnumerable(CreateRows(25, seed: 1)));
    }

    private static List<Row> CreateRows(int count, int seed)
    {
        var random = new Random(seed);
        return
        [
            .. Enumerable.Range(0, count).Select(_ => new Row
            {
                Time = [.. Enumerable.Range(0, 12).Select(i => i + random.NextDouble())],
                Level = [.. Enumerable.Range(0, 12).Select(_ => random.NextSingle())],
                Gain = random.NextSingle(),
            }),
        ];
    }

    private sealed class Row
    {
        public double[] Time { get; set; } = [];

        public float[] Level { get; set; } = [];

        public float Gain { get; set; }

        public double[] InputTime { get; set; } = InputTimes;

        public float[] Dose { get; set; } = ForecastEngineCovariateTests.Dose;

        public float[] Heat { get; set; } = ForecastEngineCovariateTests.Heat;
    }

    private sealed class Observation
    {
        public double Time { get; set; }

        public float Level { get; set; }

        public float Gain { get; set; }
    }
}
