using System.Globalization;
using Spectre.Console;

namespace Microsoft.ML.Implicit.Samples.Curves;

internal static partial class TheophyllineFit
{
    private const double LeastEffective = 5;

    /// <summary>Loads the saved model, fits one subject, and says when the concentration falls below what is effective.</summary>
    private static void PrintNextDose(MLContext ml, string modelPath, Subject subject)
    {
        ITransformer model = ml.Model.Load(modelPath, out _);
        using PredictionEngine<Subject, Fit> engine = ml.Model.CreatePredictionEngine<Subject, Fit>(model);
        Fit fit = engine.Predict(subject);
        double hours = Enumerable.Range(0, 480).Select(i => 0.1 * i).LastOrDefault(t => fit.Concentration(subject.Dose, t) >= LeastEffective);
        AnsiConsole.MarkupLine(string.Create(
            CultureInfo.InvariantCulture,
            $"Subject {subject.Number}: half of the drug is eliminated in [bold]{Math.Log(2) / fit.Parameters[0]:F1}[/] hours; below {LeastEffective} mg/l after [bold]{hours:F1}[/] hours."));
    }
}
