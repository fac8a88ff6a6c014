using System.Globalization;
using Microsoft.ML.Implicit.Estimators;
using Spectre.Console;

namespace Microsoft.ML.Implicit.Samples.ClassifySeries;

/// <summary>Tells from the first two days of an Atlantic storm whether it will become a hurricane.</summary>
internal static partial class HurricaneWarning
{
    public static Sample Sample { get; } = new("classify-series", "which Atlantic storms become hurricanes, by their first two days", Run);

    private static void Run(SampleSettings settings)
    {
        var ml = new MLContext(settings.Seed);
        (StormBeginning[] train, StormBeginning[] test) = LoadData(ml, settings);

        AnsiConsole.MarkupLine(string.Create(CultureInfo.InvariantCulture, $"[bold]Labels of whole series[/]: {train.Length} storms to learn from, {test.Length} to tell"));
        IDataView rows = ml.Data.LoadFromEnumerable(train);
        ControlledEquationTransformer model = TrainingProgressBar.Show("training", progress => Train(ml, rows, settings, progress));
        string path = settings.OutputPath("hurricanes.zip");
        ml.Model.Save(model, rows.Schema, path);

        List<Result> results = Compare(ml, model, train, test);
        PrintMetrics(results);
        StormBeginning example = test.MaxBy(storm => storm.Hour.Length)!;
        StormOutcome outcome = Predict(ml, path, example);
        AnsiConsole.MarkupLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{example.Name} becomes a hurricane with probability [bold]{outcome.Probability:P0}[/]; in truth it {(example.BecomesHurricane ? "did" : "did not")}."));

        string plot = settings.OutputPath("classify-series.png");
        Plot(ml, model, test, plot);
        AnsiConsole.MarkupLineInterpolated($"Model: {path}   Plot: {plot}");
    }
}
