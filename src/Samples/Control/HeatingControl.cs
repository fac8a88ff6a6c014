using Microsoft.ML.Implicit.Estimators;
using Spectre.Console;

namespace Microsoft.ML.Implicit.Samples.Control;

/// <summary>Plans the heating of a room by a weather forecast that is trained on what the plans cost rather than on its own errors.</summary>
internal static partial class HeatingControl
{
    // A winter to learn from, and the beginning of the next.
    private static readonly DateTime LastTraining = new(2013, 5, 1);
    private static readonly DateTime FirstTest = new(2013, 10, 1);

    public static Sample Sample { get; } = new("control", "heats a room by plans for the next hours, learned end to end, on a season of real weather", Run);

    private static void Run(SampleSettings settings)
    {
        var ml = new MLContext(settings.Seed);
        WeatherHistory weather = LoadData(ml, settings);
        IDataView situations = CreateSituations(ml, weather, settings.Seed);

        AnsiConsole.MarkupLine("[bold]Predictive control[/] of a room's heating, planned every six hours for the next twelve");
        LearnedConeProgramTransformer learned = Train(ml, situations, DecisionLoss.Regret, "trained on what plans cost", settings);
        LearnedConeProgramTransformer twoStage = Train(ml, situations, DecisionLoss.CostError, "trained on forecast errors", settings);
        string path = settings.OutputPath("control.zip");
        ml.Model.Save(learned, situations.Schema, path);

        Season[] seasons = Compare(ml, weather, path, learned, twoStage);
        PrintSeasons(seasons);
        PrintForecasts(ml, weather, learned, twoStage);

        string plot = settings.OutputPath("control.png"), history = settings.OutputPath("control-training.png");
        Plot(seasons, plot);
        TrainingPlot.Save(learned.Model.Training!, history);
        AnsiConsole.MarkupLineInterpolated($"Model: {path}   Plots: {plot}, {history}");
    }
}
