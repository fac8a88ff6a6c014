using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Estimators;

namespace Microsoft.ML.Implicit.Tests.Estimators.LatentOde;

[TestClass]
public class ForecastTests
{
    [TestMethod]
    public void Waves_are_forecast_far_better_than_by_their_last_value_and_lie_within_the_bounds()
    {
        var ml = new MLContext(seed: 1);
        LatentOdeOptions options = QuickOptions.Create(epochs: 40);
        options.Horizon = [];
        options.ForecastTimeColumnName = nameof(WaveRow.ForecastTime);
        options.MaximumHorizon = 1.5;
        options.HiddenWidth = 32;
        using LatentOdeTransformer model = ml.Forecasting.ForecastByLatentOde(options).Fit(ml.Data.LoadFromEnumerable(Waves.Create(150)));
        List<WaveRow> test = Waves.Create(200, seed: 2);
        IDataView answers = model.Transform(ml.Data.LoadFromEnumerable(test));
        float[][] forecast = Scored.Vectors(answers, "Forecast");
        float[][] lower = Scored.Vectors(answers, "Lower");
        float[][] upper = Scored.Vectors(answers, "Upper");

        double error = Mean(test, (row, i, m) => Math.Pow(forecast[i][m] - row.Truth[m], 2));
        double last = Mean(test, (row, _, m) => Math.Pow(row.Sine[^1] - row.Truth[m], 2));
        Assert.IsLessThan(0.1 * last, error);
        double coverage = Mean(test, (row, i, m) => row.Truth[m] >= lower[i][m] && row.Truth[m] <= upper[i][m] ? 1 : 0);
        Assert.IsGreaterThan(0.9, coverage);

        // Conformal bounds may cover more than asked of so few series, but they must say something: the waves span two to four.
        double width = Mean(test, (_, i, m) => upper[i][m] - lower[i][m]);
        Assert.IsLessThan(1.0, width);
    }

    [TestMethod]
    public void Outputs_are_vectors_named_by_variable_and_time_ahead()
    {
        var ml = new MLContext(seed: 1);
        IDataView data = ml.Data.LoadFromEnumerable(Waves.Create(30));
        LatentOdeForecaster estimator = ml.Forecasting.ForecastByLatentOde(QuickOptions.Create());
        using LatentOdeTransformer model = estimator.Fit(data);
        DataViewSchema schema = model.GetOutputSchema(data.Schema);
        VBuffer<ReadOnlyMemory<char>> names = default;
        foreach (string column in new[] { "Forecast", "Lower", "Upper" })
        {
            schema[column].GetSlotNames(ref names);
            CollectionAssert.AreEqual(
                new[] { "Sine+0.5", "Sine+1", "Sine+2", "Cosine+0.5", "Cosine+1", "Cosine+2" },
                names.DenseValues().Select(name => name.ToString()).ToArray());
        }

        ml.Data.LoadFromEnumerable(Waves.Create(3));
        float[][] lower = Scored.Vectors(model.Transform(data), "Lower");
        float[][] upper = Scored.Vectors(model.Transform(data), "Upper");
        Assert.IsTrue(lower.Zip(upper).All(pair => pair.First.Zip(pair.Second).All(bounds => bounds.First < bounds.Second)));
    }

    [TestMethod]
    public void A_chain_fits_and_scores_with_forecasts_downstream()
    {
        var ml = new MLContext(seed: 1);
        IDataView data = ml.Data.LoadFromEnumerable(Waves.Create(30));
        ITransformer model = ml.Forecasting.ForecastByLatentOde(QuickOptions.Create())
            .Append(ml.Transforms.CopyColumns("Copy", "Forecast"))
            .Fit(data);
        Assert.HasCount(6, Scored.Vectors(model.Transform(data), "Copy")[0]);
    }

    [TestMethod]
    public void A_prediction_engine_takes_an_object_with_arrays_and_agrees_with_transform()
    {
        var ml = new MLContext(seed: 1);
        List<WaveRow> rows = Waves.Create(30);
        IDataView data = ml.Data.LoadFromEnumerable(rows);
        LatentOdeTransformer model = ml.Forecasting.ForecastByLatentOde(QuickOptions.Create()).Fit(data);
        float[][] expected = Scored.Vectors(model.Transform(data), "Forecast");
        using PredictionEngine<WaveRow, WaveForecast> engine = ml.Model.CreatePredictionEngine<WaveRow, WaveForecast>(model);
        for (int row = 0; row < 3; row++)
        {
            float[] actual = engine.Predict(rows[row]).Forecast;
            for (int i = 0; i < actual.Length; i++)
            {
                Assert.AreEqual(expected[row][i], actual[i], 1e-4);
            }
        }
    }

    [TestMethod]
    public void Static_columns_and_covariates_known_ahead_are_used()
    {
        var ml = new MLContext(seed: 1);
        var random = new Random(1);
        DrivenRow[] rows = [.. Enumerable.Range(0, 200).Select(_ => DrivenRow.Create(random))];
        LatentOdeOptions options = QuickOptions.Create(epochs: 30);
        options.InputColumnNames = ["Level"];
        options.CovariateColumnNames = ["Input"];
        options.CovariateTimeColumnName = "InputTime";
        options.StaticColumnNames = ["Gain"];
        options.Horizon = [2];
        options.HiddenWidth = 16;
        using LatentOdeTransformer model = ml.Forecasting.ForecastByLatentOde(options).Fit(ml.Data.LoadFromEnumerable(rows));

        // The same history with the input on or off afterwards.
        DrivenRow on = DrivenRow.Create(new Random(2), future: 1);
        DrivenRow off = DrivenRow.Create(new Random(2), future: 0);
        float[][] forecast = Scored.Vectors(model.Transform(ml.Data.LoadFromEnumerable([on, off])), "Forecast");
        Assert.AreEqual(2 * on.Gain, forecast[0][0] - forecast[1][0], 0.5 * on.Gain);
    }

    [TestMethod]
    public void Times_may_be_numbers_dates_or_spans()
    {
        var ml = new MLContext(seed: 1);
        IDataView data = ml.Data.LoadFromEnumerable(Waves.Create(30).Select(wave => new TimedRow
        {
            Number = [.. wave.Time.Select(time => (float)Math.Round(time, 3))],
            Date = [.. wave.Time.Select(time => new DateTime(2024, 5, 1, 0, 0, 0, DateTimeKind.Utc).AddDays(Math.Round(time, 3)))],
            Span = [.. wave.Time.Select(time => TimeSpan.FromDays(Math.Round(time, 3)))],
            Sine = wave.Sine,
        }));
        float[][] Forecast(string time)
        {
            LatentOdeOptions options = QuickOptions.Create();
            options.TimeColumnName = time;
            options.InputColumnNames = [nameof(TimedRow.Sine)];
            using LatentOdeTransformer model = ml.Forecasting.ForecastByLatentOde(options).Fit(data);
            return Scored.Vectors(model.Transform(data), "Forecast");
        }

        float[] expected = Forecast(nameof(TimedRow.Number))[0];
        foreach (string time in new[] { nameof(TimedRow.Date), nameof(TimedRow.Span) })
        {
            float[] actual = Forecast(time)[0];
            for (int i = 0; i < expected.Length; i++)
            {
                Assert.AreEqual(expected[i], actual[i], 1e-2, time);
            }
        }
    }

    [TestMethod]
    public void The_latent_state_may_stand_at_the_first_observation()
    {
        var ml = new MLContext(seed: 1);
        LatentOdeOptions options = QuickOptions.Create(epochs: 15);
        options.Anchor = LatentAnchor.FirstObservation;
        options.HiddenWidth = 32;
        options.LatentWidth = 8;
        options.SolverSteps = 8;
        options.Horizon = [];
        options.ForecastTimeColumnName = nameof(WaveRow.ForecastTime);
        options.MaximumHorizon = 4;
        using LatentOdeTransformer model = ml.Forecasting.ForecastByLatentOde(options).Fit(ml.Data.LoadFromEnumerable(Waves.Create(150)));
        List<WaveRow> test = Waves.Create(100, seed: 2);
        float[][] forecast = Scored.Vectors(model.Transform(ml.Data.LoadFromEnumerable(test)), "Forecast");
        double error = Mean(test, (row, i, m) => Math.Pow(forecast[i][m] - row.Truth[m], 2));
        double last = Mean(test, (row, _, m) => Math.Pow(row.Sine[^1] - row.Truth[m], 2));
        Assert.IsLessThan(0.5 * last, error);
    }

    private static double Mean(List<WaveRow> rows, Func<WaveRow, int, int, double> value) =>
        rows.SelectMany((row, i) => Enumerable.Range(0, 2).Select(m => value(row, i, m))).Average();

    private sealed class TimedRow
    {
        public float[] Number { get; set; } = [];

        public DateTime[] Date { get; set; } = [];

        public TimeSpan[] Span { get; set; } = [];

        public float[] Sine { get; set; } = [];
    }

    private sealed class WaveForecast
    {
        public float[] Forecast { get; set; } = [];
    }

    // dy/dt = gain * input, the input being switched at random.
    private sealed class DrivenRow
    {
        public double[] Time { get; set; } = [];

        public float[] Level { get; set; } = [];

        public double[] InputTime { get; set; } = [];

        public float[] Input { get; set; } = [];

        public float Gain { get; set; }

        public static DrivenRow Create(Random random, float? future = null)
        {
            double[] times = [.. Enumerable.Range(0, 12).Select(i => i + random.NextDouble())];
            float[] input = [.. Enumerable.Range(0, 16).Select(_ => random.NextDouble() < 0.5 ? 0f : 1f)];
            float gain = 0.5f + (float)random.NextDouble();
            for (int i = (int)Math.Ceiling(times[^1]); i < 16; i++)
            {
                input[i] = future ?? input[i];
            }

            input[11] = future ?? input[11];
            return new DrivenRow
            {
                Time = times,
                Level = [.. times.Select(time => (float)(gain * Enumerable.Range(0, 16).Sum(i => input[i] * Math.Clamp(time - i, 0, 1))))],
                InputTime = [.. Enumerable.Range(0, 16).Select(i => (double)i)],
                Input = input,
                Gain = gain,
            };
        }
    }
}
