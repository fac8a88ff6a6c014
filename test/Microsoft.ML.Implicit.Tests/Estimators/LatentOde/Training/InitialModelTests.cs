using Microsoft.ML.Implicit.Estimators;

namespace Microsoft.ML.Implicit.Tests.Estimators.LatentOde.Training;

/// <summary>Forecasters to go on from.</summary>
[TestClass]
public sealed class InitialModelTests
{
    private static readonly List<WaveRow> Rows = Waves.Create(30);

    public static IEnumerable<object[]> Others => Cases(
        ("InputColumnNames", options => options.InputColumnNames = [nameof(WaveRow.Cosine), nameof(WaveRow.Sine)]),
        ("InputColumnNames", options => options.InputColumnNames = [nameof(WaveRow.Sine)]),
        ("StaticColumnNames", options => options.StaticColumnNames = []),
        ("CovariateColumnNames", options => options.CovariateColumnNames = [nameof(WaveRow.Sine)]),
        ("SeasonalPeriods", options => options.SeasonalPeriods = [1]),
        ("Encoder", options => options.Encoder = SeriesEncoderKind.OdeRnn),
        ("Anchor", options => options.Anchor = LatentAnchor.FirstObservation),
        ("LatentWidth", options => options.LatentWidth = 5),
        ("HiddenWidth", options => options.HiddenWidth = 9),
        ("ContextLength", options => options.ContextLength = 12),
        ("SolverSteps", options => options.SolverSteps = 5),
        ("EnsembleSize", options => options.EnsembleSize = 2),
        ("Horizon says 2.5", options => options.Horizon = [0.5, 2.5]),
        ("MaximumHorizon says 4", options => options.MaximumHorizon = 4));

    [TestMethod]
    [DynamicData(nameof(Others))]
    public void One_of_other_columns_settings_or_a_shorter_horizon_is_refused_by_the_name_of_the_setting(string setting, Action<LatentOdeOptions> change)
    {
        using LatentOdeTransformer initial = WaveModels.Train(LatentAnchor.LastObservation, SeriesEncoderKind.Gru);
        foreach (LatentOdeTransformer model in (LatentOdeTransformer[])[initial, Reloaded(initial)])
        {
            string message = Assert.ThrowsExactly<ArgumentException>(() => GoOn(model, change)).Message;
            StringAssert.Contains(message, setting, StringComparison.Ordinal);
        }
    }

    [TestMethod]
    public void Times_beyond_the_trained_horizon_are_extrapolated_where_the_options_say_so()
    {
        using LatentOdeTransformer initial = WaveModels.Train(LatentAnchor.LastObservation, SeriesEncoderKind.Gru);
        using LatentOdeTransformer further = GoOn(initial, options => (options.Horizon, options.MaximumHorizon) = ([0.5, 2.5], 2));
        Assert.AreEqual(2, further.Model.TrainedHorizon);
        using LatentOdeTransformer nearer = GoOn(initial, options => options.Horizon = [0.5]);
        Assert.AreEqual(2, nearer.Model.TrainedHorizon);
    }

    private static LatentOdeTransformer GoOn(LatentOdeTransformer initial, Action<LatentOdeOptions> change)
    {
        var ml = new MLContext(seed: 1);
        LatentOdeOptions options = QuickOptions.Create(epochs: 1);
        options.StaticColumnNames = [nameof(WaveRow.Amplitude)];
        change(options);
        return ml.Forecasting.ForecastByLatentOde(options).Fit(ml.Data.LoadFromEnumerable(Rows), initial.Model);
    }

    private static LatentOdeTransformer Reloaded(LatentOdeTransformer model)
    {
        var ml = new MLContext();
        using var file = new MemoryStream();
        ml.Model.Save(model, ml.Data.LoadFromEnumerable(Rows).Schema, file);
        file.Position = 0;
        return (LatentOdeTransformer)ml.Model.Load(file, out _);
    }

    private static IEnumerable<object[]> Cases(params (string Setting, Action<LatentOdeOptions> Change)[] cases) =>
        cases.Select(c => new object[] { c.Setting, c.Change });
}
