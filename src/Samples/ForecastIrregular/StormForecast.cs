using System.Globalization;
using Microsoft.ML.Implicit.Estimators;
using Spectre.Console;

namespace Microsoft.ML.Implicit.Samples.ForecastIrregular;

/// <summary>Forecasts position, wind and pressure of Atlantic storms two days ahead from irregular observations.</summary>
internal static partial class StormForecast
{
    public static Sample Sample { get; } = new("forecast-irregular", "tracks of Atlantic storms, irregularly observed, with bounds", Run);

    private static void Run(SampleSettings settings)
    {
        var ml = new MLContext(settings.Seed);
        (IDataView train, List<Storm> test) = LoadData(ml, settings);

        AnsiConsole.MarkupLine("[bold]Latent-ODE forecaster[/] on the tracks of Atlantic storms");
        LatentOdeTransformer model = TrainingProgressBar.Show("training", progress => Train(ml, train, settings.Device, progress));
        string path = settings.OutputPath("storms.zip");
        ml.Model.Save(model, train.Schema, path);

        PrintMetrics(Evaluate(ml, model, test));
        Storm longest = test.MaxBy(storm => storm.Hour.Length)!;
        StormOutlook outlook = Follow(ml, path, longest);
        AnsiConsole.MarkupLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{longest.Name}, a day after half of its observations: wind [bold]{outlook.Forecast[2]:F0}[/] knots, between {outlook.Lower[2]:F0} and {outlook.Upper[2]:F0}."));

        string plot = settings.OutputPath("forecast-irregular.png");
        Plot(ml, model, test, plot);
        AnsiConsole.MarkupLineInterpolated($"Model: {path}   Plot: {plot}");
    }
}
