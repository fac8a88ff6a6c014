using System.Globalization;
using Spectre.Console;

namespace Microsoft.ML.Implicit.Samples.Tune;

/// <summary>Diagnoses tumours by a logistic regression whose penalties and example weights are tuned, on training rows of which 40 % carry the wrong diagnosis.</summary>
internal static partial class TumourDiagnosis
{
    public static Sample Sample { get; } = new("tune", "tumours told apart although 40 % of the training labels are wrong, beside ML.NET's own trainers", Run);

    private static void Run(SampleSettings settings)
    {
        var ml = new MLContext(settings.Seed);
        TumourData data = LoadData(ml, settings);

        AnsiConsole.MarkupLine("[bold]Tuned logistic regression[/] on tumours of which 40 % carry the wrong label");
        Tuning penalties = TrainingProgressBar.Show("tuning", progress => Tune(ml, data, tuneExampleWeights: false, progress));
        Tuning weights = TrainingProgressBar.Show("tuning", progress => Tune(ml, data, tuneExampleWeights: true, progress));
        string path = settings.OutputPath("diagnosis.zip");
        ml.Model.Save(weights.Model, data.Train.Schema, path);

        PrintMetrics(Compare(ml, data, penalties, weights));
        PrintPenalties(weights);
        ModelInput example = ml.Data.CreateEnumerable<ModelInput>(data.Test, reuseRowObject: false).First();
        ModelOutput output = Predict(ml, path, example);
        AnsiConsole.MarkupLine(string.Create(
            CultureInfo.InvariantCulture,
            $"First test tumour: malignant with probability [bold]{output.Probability:P1}[/], malignant in truth: {example.Label}."));

        string plot = settings.OutputPath("tune.png");
        Plot(data, weights, plot);
        AnsiConsole.MarkupLineInterpolated($"Model: {path}   Plot: {plot}");
    }
}
