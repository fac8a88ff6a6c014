using System.Diagnostics;
using Microsoft.ML.Implicit.Estimators;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Benchmarks.Quality.Forecasting;

/// <summary>The library's forecasters with default options, and baselines that learn from the same series.</summary>
internal static class ForecastModels
{
    /// <summary>Trains each, or those named, on a panel and tests it; the forecasters and graph attention on a device.</summary>
    public static IEnumerable<ForecastScore> Run(PanelSource source, int seed, Action<LatentForecasterOptions> configure, Device device, IReadOnlyCollection<string> only, string? figure)
    {
        var panel = new Lazy<Panel>(() => source.Create(seed));
        IEnumerable<IForecastBaseline> models =
        [
            new ForecasterEntry<LatentOdeOptions>("latent ODE", configure, figure, (ml, options, data, validation) => ml.Forecasting.ForecastByLatentOde(options).Fit(data, validation)),
            new ForecasterEntry<LatentSdeOptions>("latent SDE", configure, figure, (ml, options, data, validation) => ml.Forecasting.ForecastByLatentSde(options).Fit(data, validation)),
            new LastObservation(), new HorizonRegression(), new SeasonalNaive(), new GatedRecurrent(), new BoostedLags(), new GraphForecaster(device, attendsToAsked: false), new GraphForecaster(device, attendsToAsked: true), .. source.Peers(),
        ];
        foreach (IForecastBaseline model in models.Where(model => only.Count == 0 || only.Contains(model.Name)))
        {
            if (!model.Answers(panel.Value))
            {
                continue;
            }

            TimeSpan start = Process.GetCurrentProcess().TotalProcessorTime;
            PanelErrors errors = PanelErrors.Measure(panel.Value, model.Answer(panel.Value, seed));
            double seconds = (Process.GetCurrentProcess().TotalProcessorTime - start).TotalSeconds;
            yield return new ForecastScore(source.Name, seed, model.Name, errors.Overall, seconds, panel.Value.Questions.Count, errors.Variables, model.Coverage, model.RankedProbabilityScore);
        }
    }
}
