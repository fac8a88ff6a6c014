using System.Globalization;
using Microsoft.ML.Implicit.Estimators;
using Spectre.Console;

namespace Microsoft.ML.Implicit.Samples.Scenarios;

/// <summary>Simulates how the wind of Atlantic storms may go on for two days, and how likely a hurricane is.</summary>
internal static partial class StormScenarios
{
    public static Sample Sample { get; } = new("scenarios", "paths that the wind of a storm may take, as a fan chart", Run);

    private static void Run(SampleSettings settings)
    {
        var ml = new MLContext(settings.Seed);
        (IDataView train, StormWind[] test) = LoadData(ml, settings);

        AnsiConsole.MarkupLine("[bold]Latent-SDE forecaster[/] on the wind of Atlantic storms");
        LatentSdeTransformer model = TrainingProgressBar.Show("training", progress => Train(ml, train, settings, progress));
        string path = settings.OutputPath("storm-scenarios.zip");
        SdeSimulationTransformer simulation = ml.Transforms.SimulateSde(model, nameof(StormFan.Paths), PathCount, settings.Seed).Fit(train);
        ml.Model.Save(simulation, train.Schema, path);

        PrintMetrics(Evaluate(ml, simulation, test));
        StormWind half = Middle(test.MaxBy(storm => storm.Hour.Length)!);
        AnsiConsole.MarkupLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{half.Name}, at {half.Wind[^1]:F0} knots after half of its observations: a hurricane within two days on [bold]{HurricaneChance(ml, path, half):P0}[/] of the paths."));

        string plot = settings.OutputPath("scenarios.png");
        Plot(ml, simulation, test, plot);
        AnsiConsole.MarkupLineInterpolated($"Model: {path}   Plot: {plot}");
    }
}
