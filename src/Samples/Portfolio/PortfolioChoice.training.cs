using Microsoft.ML.Implicit.Estimators;

namespace Microsoft.ML.Implicit.Samples.Portfolio;

internal static partial class PortfolioChoice
{
    /// <summary>Trains on all weeks and saves the model.</summary>
    private static void Train(Week[] weeks, SampleSettings settings, string path)
    {
        var ml = new MLContext(settings.Seed);
        ITransformer model = TrainingProgressBar.Show(
            "training", progress => WalkForward.Train(ml, weeks, DecisionLoss.SpoPlus, settings.Seed, settings.Device, progress));
        ml.Model.Save(model, Week.ToDataView(ml, weeks).Schema, path);
    }
}
