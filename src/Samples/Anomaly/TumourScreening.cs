using System.Globalization;
using Microsoft.ML.Implicit.Estimators;
using Spectre.Console;

namespace Microsoft.ML.Implicit.Samples.Anomaly;

/// <summary>Learns what benign tumours look like and flags malignant ones, of which it has seen none.</summary>
internal static partial class TumourScreening
{
    public static Sample Sample { get; } = new("anomaly", "malignant tumours flagged by a model of benign ones, beside ML.NET's RandomizedPca", Run);

    private static void Run(SampleSettings settings)
    {
        var ml = new MLContext(settings.Seed);
        (IDataView train, IDataView test) = LoadData(ml, settings);

        AnsiConsole.MarkupLine("[bold]Normalizing flow[/] trained on benign tumours alone");
        NormalizingFlowTransformer model = TrainingProgressBar.Show("training", progress => Train(ml, train, settings.Device, progress));
        string path = settings.OutputPath("tumours.zip");
        ml.Model.Save(model, train.Schema, path);

        List<Result> results = Compare(ml, model, train, test);
        PrintMetrics(results);
        PrintThresholds(ml, model, test);

        ModelInput example = ml.Data.CreateEnumerable<ModelInput>(test, reuseRowObject: false).Last();
        ModelOutput output = Predict(ml, path, example);
        AnsiConsole.MarkupLine(string.Create(
            CultureInfo.InvariantCulture,
            $"Last test tumour: score [bold]{output.Score:F1}[/], threshold {model.Model.Threshold:F1}, flagged: {output.PredictedLabel}, malignant in truth: {example.Label > 0}."));

        string plot = settings.OutputPath("anomaly.png");
        Plot(results, model.Model.Threshold, plot);
        AnsiConsole.MarkupLineInterpolated($"Model: {path}   Plot: {plot}");
    }
}
