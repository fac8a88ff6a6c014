using Microsoft.ML.Implicit.Estimators;
using Spectre.Console;

namespace Microsoft.ML.Implicit.Samples.Field;

/// <summary>Learns the equation of a field from snapshots, once without any knowledge of it and once for its viscosity alone.</summary>
internal static partial class FieldForecast
{
    public static Sample Sample { get; } = new("field", "fields on a line: an equation that is learned from snapshots, and a viscosity that is found", Run);

    private static void Run(SampleSettings settings)
    {
        var ml = new MLContext(settings.Seed);
        AnsiConsole.MarkupLine("[bold]Fields on a grid[/]: the equation of Burgers from snapshots");
        var random = new Random(settings.Seed);
        Snapshot[] train = BurgersRuns.Create(TrainingRuns, TrainingTimes, random);
        Snapshot[] test = BurgersRuns.Create(TestRuns, [0, .. Horizon], random);
        IDataView rows = ml.Data.LoadFromEnumerable(train);

        using FieldTransformer learned = TrainingProgressBar.Show("learning the equation", progress => Train(ml, rows, [], settings.Device, progress));
        string path = settings.OutputPath("field.zip");
        ml.Model.Save(learned, rows.Schema, path);
        using FieldTransformer known = TrainingProgressBar.Show("finding the viscosity", progress => Train(ml, rows, Burgers, settings.Device, progress));
        AnsiConsole.MarkupLineInterpolated($"{known.Model.Terms[1]}; the data has {BurgersRuns.Viscosity}");

        float[][] forecasts = Forecast(ml, path, [.. test.Where(snapshot => snapshot.Time == 0)]);
        PrintMetrics(test, forecasts);
        string plot = settings.OutputPath("field.png");
        Plot(test, forecasts, plot);
        AnsiConsole.MarkupLineInterpolated($"Model: {path}   Plot: {plot}");
    }
}
