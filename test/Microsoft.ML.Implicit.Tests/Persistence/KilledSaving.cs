using Microsoft.ML.Implicit.Estimators;

namespace Microsoft.ML.Implicit.Tests.Persistence;

/// <summary>A process that saves a model to the same file again and again until it is killed.</summary>
internal static class KilledSaving
{
    public const string Command = "save-until-killed";

    /// <param name="loaded">File of the model to save.</param>
    /// <param name="path">File to save it to; a line is printed each time it is there.</param>
    public static int Run(string loaded, string path)
    {
        var ml = new MLContext();
        ITransformer model = ml.Model.Load(loaded, out DataViewSchema schema);
        while (true)
        {
            ml.Model.SaveAtomically(model, schema, path);
            Console.WriteLine("saved");
        }
    }

    /// <summary>A model whose file is large enough for a kill to fall into its writing.</summary>
    public static ITransformer Train(MLContext ml, IDataView data) => ml.Regression.Trainers.DeepEquilibrium(new DeepEquilibriumOptions
    {
        LabelColumnName = nameof(Shapes.Row.Size),
        HiddenWidth = 512,
        EnsembleSize = 1,
        Training = { MaximumEpochs = 1, Seed = 1 },
    }).Fit(data);
}
