using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Estimators;

namespace Microsoft.ML.Implicit.Benchmarks.Quality.Forecasting;

/// <summary>A forecaster of the library with default options.</summary>
/// <param name="name">Its name.</param>
/// <param name="configure">Changes its options.</param>
/// <param name="figure">Where a picture of some answers is written, without the model's name, or <see langword="null"/>.</param>
/// <param name="fit">Trains it; validation rows may be <see langword="null"/>.</param>
internal sealed class ForecasterEntry<TOptions>(string name, Action<LatentForecasterOptions> configure, string? figure, Func<MLContext, TOptions, IDataView, IDataView?, ITransformer> fit) : IForecastBaseline
    where TOptions : LatentForecasterOptions, new()
{
    private static readonly double[] Levels = [.. Enumerable.Range(1, 19).Select(i => i / 20.0)];

    public string Name => name;

    public double? RankedProbabilityScore { get; private set; }

    public Coverage[] Coverage { get; private set; } = [];

    public float[][][] Answer(Panel panel, int seed)
    {
        var ml = new MLContext(seed);
        var train = new SeriesView(panel.Train);
        int variables = train.VariableNames.Length;
        var options = new TOptions
        {
            InputColumnNames = train.VariableNames,
            CovariateColumnNames = train.CovariateNames,
            CovariateTimeColumnName = train.CovariateNames.Length > 0 ? nameof(SeriesRow.CovariateTime) : null,
            ForecastTimeColumnName = nameof(SeriesRow.ForecastTime),
            MaximumHorizon = panel.Horizon,
            SeasonalPeriods = panel.Periods,
            ConfidenceLowerBoundColumn = "Lower",
            ConfidenceUpperBoundColumn = "Upper",
            QuantileLevels = Levels,
        };
        options.Training.Seed = seed;
        configure(options);
        IDataView? validation = panel.Validation.Count > 0 ? new SeriesView(panel.Validation) : null;
        ITransformer model = fit(ml, options, train, validation);
        IDataView answers = model.Transform(new SeriesView([.. panel.Questions.Select(question => question.History)]));
        float[][] forecast = Column(answers, "Forecast");
        (float[][] lower, float[][] upper) = (Column(answers, "Lower"), Column(answers, "Upper"));
        Coverage = Measure(panel, lower, upper);
        RankedProbabilityScore = Crps(panel, Column(answers, options.QuantileColumnName));
        if (figure is not null)
        {
            ForecastFigure.Save($"{figure}-{name.Replace(' ', '-')}.png", panel, forecast, lower, upper);
        }

        (model as IDisposable)?.Dispose();
        return [.. forecast.Select(values => values.Chunk(values.Length / variables).ToArray())];
    }

    private static float[][] Column(IDataView data, string name) =>
        [.. data.GetColumn<VBuffer<float>>(data.Schema[name]).Select(value => value.DenseValues().ToArray())];

    // Twice the mean loss of the quantiles (Gneiting and Ranjan, "Comparing density forecasts using threshold- and quantile-weighted scoring rules", 2011).
    private static double Crps(Panel panel, float[][] quantiles)
    {
        int variables = panel.Train[0].VariableCount;
        var scores = new List<double>[variables];
        for (int v = 0; v < variables; v++)
        {
            double unit = panel.HasOneUnit ? 1 : QuestionScaling.Moments(panel.Train.SelectMany(row => row.Value(v))).Deviation;
            scores[v] = [];
            for (int q = 0; q < quantiles.Length; q++)
            {
                float[] observed = panel.Questions[q].Observed[v];
                for (int m = 0; m < observed.Length; m++)
                {
                    if (float.IsFinite(observed[m]))
                    {
                        int first = ((v * observed.Length) + m) * Levels.Length;
                        scores[v].Add(2 / unit * Levels.Select((level, i) => Pinball(level, observed[m] - quantiles[q][first + i])).Average());
                    }
                }
            }
        }

        return scores.Where(variable => variable.Count > 0).Average(variable => variable.Average());
    }

    private static double Pinball(double level, double error) => Math.Max(level * error, (level - 1) * error);

    private static Coverage[] Measure(Panel panel, float[][] lower, float[][] upper)
    {
        int variables = panel.Train[0].VariableCount;
        var coverage = new Coverage[variables];
        for (int q = 0; q < lower.Length; q++)
        {
            int times = panel.Questions[q].History.ForecastTime.Length;
            for (int i = 0; i < lower[q].Length; i++)
            {
                float value = panel.Questions[q].Observed[i / times][i % times];
                if (float.IsFinite(value))
                {
                    coverage[i / times] += new Coverage(value >= lower[q][i] && value <= upper[q][i] ? 1 : 0, 1);
                }
            }
        }

        return coverage;
    }
}
