using System.Globalization;
using Microsoft.ML.Data;
using Spectre.Console;

namespace Microsoft.ML.Implicit.Samples.Classify;

/// <summary>Recognises handwritten digits with a deep-equilibrium classifier, beside ML.NET's own trainers.</summary>
internal static partial class DigitClassification
{
    public static Sample Sample { get; } = new("classify", "handwritten digits with a deep-equilibrium classifier, beside ML.NET's own trainers", Run);

    private static void Run(SampleSettings settings)
    {
        var ml = new MLContext(settings.Seed);
        DataOperationsCatalog.TrainTestData data = LoadData(ml, settings);

        AnsiConsole.MarkupLine("[bold]Deep-equilibrium classifier[/] on 8 × 8 handwritten digits");
        ITransformer model = TrainingProgressBar.Show("training", progress => Train(ml, data.TrainSet, settings.Device, progress));
        string path = settings.OutputPath("digits.zip");
        ml.Model.Save(model, data.TrainSet.Schema, path);

        List<(string Name, MulticlassClassificationMetrics Metrics)> results = Compare(ml, model, data);
        PrintMetrics(results);

        ModelOutput example = Predict(ml, path, ml.Data.CreateEnumerable<ModelInput>(data.TestSet, reuseRowObject: false).First());
        AnsiConsole.MarkupLine(string.Create(
            CultureInfo.InvariantCulture,
            $"First test image: predicted [bold]{example.PredictedLabel}[/] with probability {example.Score.Max():P1}, in truth {example.Label}."));

        string plot = settings.OutputPath("classify.png");
        Plot(ml, model.Transform(data.TestSet), results, plot);
        AnsiConsole.MarkupLineInterpolated($"Model: {path}   Plot: {plot}");
    }
}
