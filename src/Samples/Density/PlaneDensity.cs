using Microsoft.ML.Implicit.Estimators;
using Spectre.Console;

namespace Microsoft.ML.Implicit.Samples.Density;

/// <summary>Learns two densities in the plane: a pinwheel, whose density is known, and the positions of Atlantic storms.</summary>
internal static partial class PlaneDensity
{
    public static Sample Sample { get; } = new("density", "densities in the plane: data, learned density and samples side by side", Run);

    private static void Run(SampleSettings settings)
    {
        var ml = new MLContext(settings.Seed);
        AnsiConsole.MarkupLine("[bold]Normalizing flow[/] in the plane");
        var results = new List<Result>();
        foreach (Scenario scenario in Scenarios(ml, settings))
        {
            using NormalizingFlowTransformer model = TrainingProgressBar.Show("training", progress => Train(ml, scenario.Train, settings.Device, progress));
            string path = settings.OutputPath(scenario.FileName);
            ml.Model.Save(model, scenario.Train.Schema, path);
            results.Add(Evaluate(ml, path, scenario, settings.Seed));
        }

        PrintMetrics(results);
        string plot = settings.OutputPath("density.png");
        Plot(results, plot);
        AnsiConsole.MarkupLineInterpolated($"Models: {settings.OutputFolder}   Plot: {plot}");
    }
}
