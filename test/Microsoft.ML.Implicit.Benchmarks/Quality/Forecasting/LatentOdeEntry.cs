using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Estimators;

namespace Microsoft.ML.Implicit.Benchmarks.Quality.Forecasting;

/// <summary>The latent-ODE forecaster with default options.</summary>
/// <param name="configure">Changes options.</param>
/// <param name="figure">A picture of some answers to write, or <see langword="null"/>.</param>
internal sealed class LatentOdeEntry(Action<LatentOdeOptions> configure, string? figure) : IForecastBaseline
{
    public string Name => "latent ODE";

    public Coverage[] Coverage { get; private set; } = [];

    public float[][][] Answer(Panel panel, int seed)
    {
        var ml = new MLContext(seed);
        int variables = panel.Train[0].VariableCount;
        int covariates = panel.Train[0].CovariateCount;
        var options = new LatentOdeOptions
        {
            InputColumnNames = [.. Enumerable.Range(0, variables).Select(v => $"Value{v}")],
            CovariateColumnNames = [.. Enumerable.Range(0, covariates).Select(c => $"Covariate{c}")],
            CovariateTimeColumnName = covariates > 0 ? nameof(SeriesRow.CovariateTime) : null,
            ForecastTimeColumnName = nameof(SeriesRow.ForecastTime),
            MaximumHorizon = panel.Horizon,
            SeasonalPeriods = panel.Periods,
            ConfidenceLowerBoundColumn = "Lower",
            ConfidenceUpperBoundColumn = "Upper",
        };
        options.Training.Seed = seed;
        configure(options);
        IDataView? validation = panel.Validation.Count > 0 ? ml.Data.LoadFromEnumerable(panel.Validation) : null;
        using LatentOdeTransformer model = ml.Forecasting.ForecastByLatentOde(options).Fit(ml.Data.LoadFromEnumerable(panel.Train), validation);
        IDataView answers = model.Transform(ml.Data.LoadFromEnumerable(panel.Questions.Select(question => question.History)));
        float[][] forecast = Column(answers, "Forecast");
        (float[][] lower, float[][] upper) = (Column(answers, "Lower"), Column(answers, "Upper"));
        Coverage = Measure(panel, lower, upper);
        if (figure is not null)
        {
            ForecastFigure.Save(figure, panel, forecast, lower, upper);
        }

        return [.. forecast.Select(values => values.Chunk(values.Length / variables).ToArray())];
    }

    private static float[][] Column(IDataView data, string name) =>
        [.. data.GetColumn<VBuffer<float>>(data.Schema[name]).Select(value => value.DenseValues().ToArray())];

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
