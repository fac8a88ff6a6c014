using Microsoft.ML.Implicit.Estimators;

namespace Microsoft.ML.Implicit.Tests.Estimators.LatentOde;

[TestClass]
public class BadInputTests
{
    [TestMethod]
    public void An_unknown_column_or_one_of_the_wrong_type_is_named()
    {
        AssertRefused<ArgumentException>(options => options.TimeColumnName = "Tmie", "Tmie");
        AssertRefused<ArgumentException>(options => options.InputColumnNames = ["Sinus"], "Sinus");
        AssertRefused<ArgumentException>(options => options.InputColumnNames = [nameof(WaveRow.Amplitude)], nameof(WaveRow.Amplitude));
        AssertRefused<ArgumentException>(options => options.StaticColumnNames = [nameof(WaveRow.Sine)], nameof(WaveRow.Sine));
        AssertRefused<ArgumentException>(options => options.CovariateColumnNames = ["Dose"], "Dose");
    }

    [TestMethod]
    public void Settings_out_of_range_are_named()
    {
        AssertRefused<ArgumentException>(options => options.Horizon = [], nameof(LatentOdeOptions.Horizon));
        AssertRefused<ArgumentException>(options => options.Horizon = [1, -1], nameof(LatentOdeOptions.Horizon));
        AssertRefused<ArgumentException>(options => options.ForecastTimeColumnName = "ForecastTime", nameof(LatentOdeOptions.Horizon));
        AssertRefused<ArgumentException>(options => options.ConfidenceLevel = 1, nameof(LatentOdeOptions.ConfidenceLevel));
        AssertRefused<ArgumentNullException>(options => options.Horizon = null!, nameof(LatentOdeOptions.Horizon));
        AssertRefused<ArgumentNullException>(options => options.SeasonalPeriods = null!, nameof(LatentOdeOptions.SeasonalPeriods));
        AssertRefused<ArgumentNullException>(options => options.StaticColumnNames = null!, nameof(LatentOdeOptions.StaticColumnNames));
        AssertRefused<ArgumentNullException>(options => options.CovariateColumnNames = null!, nameof(LatentOdeOptions.CovariateColumnNames));
        AssertRefused<ArgumentException>(options => options.LatentWidth = 0, nameof(LatentOdeOptions.LatentWidth));
        AssertRefused<ArgumentException>(options => options.EnsembleSize = 0, nameof(LatentOdeOptions.EnsembleSize));
        AssertRefused<ArgumentException>(options => options.SeasonalPeriods = [0], nameof(LatentOdeOptions.SeasonalPeriods));
        AssertRefused<ArgumentException>(options => options.Training.Device = "tpu", "tpu");
    }

    [TestMethod]
    public void Data_that_nothing_can_be_learned_from_are_refused_with_the_reason()
    {
        AssertRefused<InvalidOperationException>(_ => { }, "nothing to learn from", []);
        WaveRow single = new() { Time = [1], Sine = [1], Cosine = [1] };
        AssertRefused<InvalidOperationException>(_ => { }, "two observations", [single, single]);
        WaveRow unobserved = new() { Time = [1, 2], Sine = [1, 2], Cosine = [float.NaN, float.NaN] };
        AssertRefused<InvalidOperationException>(_ => { }, "'Cosine'", [unobserved]);
        WaveRow uneven = new() { Time = [1, 2], Sine = [1, 2], Cosine = [1] };
        AssertRefused<InvalidOperationException>(_ => { }, "holds 1 values, but column 'Time' holds 2 times", [uneven]);
    }

    [TestMethod]
    public void Unsorted_repeated_and_missing_times_are_repaired_and_reported()
    {
        var ml = new MLContext(seed: 1);
        var messages = new List<string>();
        ml.Log += (_, message) => messages.Add(message.Message);
        List<WaveRow> rows = Waves.Create(30);
        rows[0].Time = [2, 1, 1, double.NaN];
        rows[0].Sine = [3, 1, 2, 9];
        rows[0].Cosine = [float.PositiveInfinity, 0, 0, 0];
        rows[1] = new WaveRow();
        using LatentOdeTransformer model = ml.Forecasting.ForecastByLatentOde(QuickOptions.Create(epochs: 1)).Fit(ml.Data.LoadFromEnumerable(rows));
        foreach (string fragment in new[] { "1 series were not in the order", "1 observations repeat a time", "1 observations have no finite time", "1 values are infinite", "1 series have no observation" })
        {
            Assert.IsTrue(messages.Any(message => message.Contains(fragment, StringComparison.Ordinal)), fragment);
        }

        WaveRow repaired = new() { Time = [1, 2], Sine = [1.5f, 3], Cosine = [0, float.NaN] };
        float[][] forecast = Scored.Vectors(model.Transform(ml.Data.LoadFromEnumerable([rows[0], repaired])), "Forecast");
        for (int i = 0; i < forecast[0].Length; i++)
        {
            Assert.AreEqual(forecast[1][i], forecast[0][i], 1e-5);
        }
    }

    [TestMethod]
    public void Training_looks_no_farther_ahead_than_the_longest_series_reaches_and_says_so()
    {
        var ml = new MLContext(seed: 1);
        var warnings = new List<string>();
        ml.Log += (_, message) =>
        {
            if (message.Kind == Runtime.ChannelMessageKind.Warning)
            {
                warnings.Add(message.Message);
            }
        };
        List<WaveRow> rows = Waves.Create(30);
        double span = rows.Max(row => row.Time[^1] - row.Time[0]);
        LatentOdeOptions options = QuickOptions.Create(epochs: 1);
        options.Horizon = [1, 10 * span];
        IDataView data = ml.Data.LoadFromEnumerable(rows);
        using LatentOdeTransformer model = ml.Forecasting.ForecastByLatentOde(options).Fit(data);
        Assert.AreEqual(span, model.Model.TrainedHorizon);
        Assert.IsTrue(warnings.Exists(warning => warning.Contains("no series spans more than", StringComparison.Ordinal)));
        Assert.IsTrue(Scored.Vectors(model.Transform(data), "Forecast").All(forecast => forecast.All(float.IsFinite)));
        using LatentOdeTransformer further = ml.Forecasting.ForecastByLatentOde(options).Fit(data, model.Model);
        Assert.AreEqual(span, further.Model.TrainedHorizon);
    }

    [TestMethod]
    public void A_row_without_observations_and_times_before_the_last_observation_get_NaN()
    {
        var ml = new MLContext(seed: 1);
        LatentOdeOptions options = QuickOptions.Create(epochs: 1);
        options.Horizon = [];
        options.ForecastTimeColumnName = nameof(WaveRow.ForecastTime);
        using LatentOdeTransformer model = ml.Forecasting.ForecastByLatentOde(options).Fit(ml.Data.LoadFromEnumerable(Waves.Create(30)));
        WaveRow past = Waves.Create(1)[0];
        past.ForecastTime = [past.Time[^1] - 1, past.Time[^1] + 1, past.Time[^1] + 1000];
        float[][] forecast = Scored.Vectors(model.Transform(ml.Data.LoadFromEnumerable([past, new WaveRow { ForecastTime = [1] }, Waves.Create(1)[0]])), "Forecast");
        Assert.IsTrue(float.IsNaN(forecast[0][0]));
        Assert.IsTrue(float.IsFinite(forecast[0][1]) && float.IsFinite(forecast[0][2]));
        CollectionAssert.AreEqual(new[] { float.NaN, float.NaN }, forecast[1]);
        Assert.IsTrue(forecast[2].All(float.IsFinite));
    }

    [TestMethod]
    public void Series_with_one_observation_or_a_variable_never_observed_are_forecast()
    {
        var ml = new MLContext(seed: 1);
        List<WaveRow> rows = Waves.Create(30);
        WaveRow single = new() { Time = [3], Sine = [5], Cosine = [1] };
        WaveRow unobserved = new() { Time = [1, 2], Sine = [5, 6], Cosine = [float.NaN, float.NaN] };
        rows.AddRange([single, unobserved]);
        using LatentOdeTransformer model = ml.Forecasting.ForecastByLatentOde(QuickOptions.Create(epochs: 1)).Fit(ml.Data.LoadFromEnumerable(rows));
        IDataView answers = model.Transform(ml.Data.LoadFromEnumerable([single, unobserved]));
        Assert.IsTrue(Scored.Vectors(answers, "Forecast").Concat(Scored.Vectors(answers, "Lower")).All(row => row.All(float.IsFinite)));
    }

    [TestMethod]
    public void Constant_and_huge_values_do_no_harm()
    {
        var ml = new MLContext(seed: 1);
        List<WaveRow> rows = Waves.Create(30);
        rows.ForEach(row => row.Cosine = [.. row.Cosine.Select(_ => 7f)]);
        rows[3].Sine[4] = 1e30f;
        IDataView data = ml.Data.LoadFromEnumerable(rows);
        using LatentOdeTransformer model = ml.Forecasting.ForecastByLatentOde(QuickOptions.Create(epochs: 1)).Fit(data);
        Assert.IsTrue(Scored.Vectors(model.Transform(data), "Forecast").All(row => row.All(float.IsFinite)));
    }

    private static void AssertRefused<TException>(Action<LatentOdeOptions> change, string fragment, WaveRow[]? rows = null)
        where TException : Exception
    {
        var ml = new MLContext(seed: 1);
        LatentOdeOptions options = QuickOptions.Create();
        change(options);
        TException exception = Assert.Throws<TException>(() => ml.Forecasting.ForecastByLatentOde(options).Fit(ml.Data.LoadFromEnumerable(rows ?? [.. Waves.Create(20)])));
        StringAssert.Contains(exception.Message, fragment, StringComparison.Ordinal);
    }
}
