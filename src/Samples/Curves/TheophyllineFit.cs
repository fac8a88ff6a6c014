using Spectre.Console;

namespace Microsoft.ML.Implicit.Samples.Curves;

/// <summary>Fits a model of one compartment to the concentrations of a drug in each of twelve subjects.</summary>
internal static partial class TheophyllineFit
{
    public static Sample Sample { get; } = new("curves", "absorption and elimination of a drug, a curve fitted to each subject", Run);

    private static void Run(SampleSettings settings)
    {
        var ml = new MLContext(settings.Seed);
        IDataView subjects = LoadData(ml, settings);

        AnsiConsole.MarkupLine("[bold]Curves[/] of one compartment with absorption of first order");
        ITransformer model = CreateModel(ml, subjects);
        string path = settings.OutputPath("curves.zip");
        ml.Model.Save(model, subjects.Schema, path);

        Subject[] measured = [.. ml.Data.CreateEnumerable<Subject>(subjects, reuseRowObject: false)];
        Fit[] fits = [.. ml.Data.CreateEnumerable<Fit>(model.Transform(subjects), reuseRowObject: false)];
        PrintFits(measured, fits);
        PrintNextDose(ml, path, measured[0]);

        string plot = settings.OutputPath("curves.png");
        Plot(measured, fits, plot);
        AnsiConsole.MarkupLineInterpolated($"Model: {path}   Plot: {plot}");
    }
}
