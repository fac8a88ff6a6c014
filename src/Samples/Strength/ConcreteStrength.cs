using System.Globalization;
using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Estimators;
using Spectre.Console;

namespace Microsoft.ML.Implicit.Samples.Strength;

/// <summary>Predicts the strength of concrete by a neural ODE, beside ML.NET's own trainers.</summary>
internal static partial class ConcreteStrength
{
    public static Sample Sample { get; } = new("strength", "strength of concrete with a neural ODE, beside ML.NET's own trainers", Run);

    private static void Run(SampleSettings settings)
    {
        var ml = new MLContext(settings.Seed);
        DataOperationsCatalog.TrainTestData data = LoadData(ml, settings);

        AnsiConsole.MarkupLine("[bold]Neural ODE[/] on mixes of concrete");
        TransformerChain<NeuralOdeTransformer> model = TrainingProgressBar.Show("training", progress => Train(ml, data.TrainSet, settings.Device, progress));
        string path = settings.OutputPath("strength.zip");
        ml.Model.Save(model, data.TrainSet.Schema, path);

        List<Result> results = Compare(ml, model, data);
        PrintMetrics(results);

        ModelInput example = ml.Data.CreateEnumerable<ModelInput>(data.TestSet, reuseRowObject: false).First();
        ModelOutput prediction = Predict(ml, path, example);
        AnsiConsole.MarkupLine(string.Create(
            CultureInfo.InvariantCulture,
            $"First test mix: predicted [bold]{prediction.Score:F1} MPa[/], measured {example.Strength:F1} MPa; the solver evaluated the field {prediction.Evaluations:F0} times."));

        string plot = settings.OutputPath("strength.png");
        Plot(ml, results, data.TestSet, plot);
        AnsiConsole.MarkupLineInterpolated($"Model: {path}   Plot: {plot}");
    }
}
