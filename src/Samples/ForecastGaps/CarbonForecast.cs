using System.Globalization;
using Microsoft.ML.Implicit.Estimators;
using Spectre.Console;

namespace Microsoft.ML.Implicit.Samples.ForecastGaps;

/// <summary>Forecasts weekly carbon dioxide at Mauna Loa a year ahead, from one long series with gaps.</summary>
internal static partial class CarbonForecast
{
    public static Sample Sample { get; } = new("forecast-gaps", "carbon dioxide a year ahead, from one long series with gaps", Run);

    private static void Run(SampleSettings settings)
    {
        var ml = new MLContext(settings.Seed);
        CarbonSeries whole = LoadData(ml, settings);
        AnsiConsole.MarkupLine("[bold]Latent-ODE forecaster[/] on weekly carbon dioxide at Mauna Loa");
        CarbonSeries train = whole.Until((int)(0.8 * whole.Date.Length));
        LatentOdeTransformer model = TrainingProgressBar.Show("training", progress => Train(ml, train, settings.Device, progress));
        string path = settings.OutputPath("carbon.zip");
        ml.Model.Save(model, ml.Data.LoadFromEnumerable([train]).Schema, path);

        Comparison result = Evaluate(ml, model, whole);
        string bySsa = double.IsNaN(result.SsaError) ? string.Empty : string.Create(CultureInfo.InvariantCulture, $", ForecastBySsa {result.SsaError:F2} ppm");
        AnsiConsole.MarkupLine(string.Create(
            CultureInfo.InvariantCulture,
            $"Up to a year ahead: RMSE [bold]{result.Error:F2}[/] ppm, the value of a year before {result.NaiveError:F2} ppm{bySsa}; {result.Coverage:P1} within the 95 % bounds."));
        CarbonOutlook next = Predict(ml, path, whole);
        AnsiConsole.MarkupLine(string.Create(CultureInfo.InvariantCulture, $"A year after the last week: [bold]{next.Forecast[^1]:F1}[/] ppm, between {next.Lower[^1]:F1} and {next.Upper[^1]:F1}."));

        string plot = settings.OutputPath("forecast-gaps.png");
        Plot(ml, model, whole, plot);
        string outlook = settings.OutputPath("forecast-gaps-outlook.png"), history = settings.OutputPath("forecast-gaps-training.png");
        ForecastPlot.Save(ml, model, ml.Data.LoadFromEnumerable([whole]), nameof(CarbonSeries.Date), outlook);
        TrainingPlot.Save(model.Model.Training!, history);
        AnsiConsole.MarkupLineInterpolated($"Model: {path}   Plots: {plot}, {outlook}, {history}");
    }
}
