using System.Globalization;
using Microsoft.ML.Implicit.Estimators;
using Spectre.Console;

namespace Microsoft.ML.Implicit.Samples.Adapt;

/// <summary>Tells the wind of a storm from its pressure: a model that has learned from many storms adapts to a new one by a few observations of its wind.</summary>
internal static partial class StormPressure
{
    public static Sample Sample { get; } = new("adapt", "wind of a storm from its pressure, adapted to the storm by a few observations", Run);

    private static void Run(SampleSettings settings)
    {
        var ml = new MLContext(settings.Seed);
        (ModelInput[] known, ModelInput[][] asked) = LoadData(settings);

        AnsiConsole.MarkupLine("[bold]Meta-learned linear model[/] of Atlantic storms");
        MetaLearnedLinearTransformer model = TrainingProgressBar.Show("training", progress => Train(ml, known, settings.Seed, progress));
        string path = settings.OutputPath("storm-pressure.zip");
        ml.Model.Save(model, ml.Data.LoadFromEnumerable(known).Schema, path);

        AnsiConsole.MarkupInterpolated($"{model}");
        PrintMetrics([.. Counts.Select(count => Compare(ml, model, known, asked, count))]);
        ModelInput[] storm = asked.MaxBy(storm => storm.Length)!;
        float wind = Predict(ml, path, Spread(storm, Few), storm[^1]);
        AnsiConsole.MarkupLine(string.Create(
            CultureInfo.InvariantCulture, $"Last observation of {storm[0].Storm}, at {storm[^1].Features[0]:F0} mb: predicted [bold]{wind:F0} knots[/], measured {storm[^1].Wind:F0} knots."));

        string plot = settings.OutputPath("adapt.png");
        Plot(ml, model, [.. asked.OrderByDescending(storm => storm.Length).Take(3)], plot);
        AnsiConsole.MarkupLineInterpolated($"Model: {path}   Plot: {plot}");
    }
}
