namespace Microsoft.ML.Implicit.Samples.ClassifySeries;

internal static partial class HurricaneWarning
{
    /// <summary>Loads a saved model and warns of one storm.</summary>
    private static StormOutcome Predict(MLContext ml, string modelPath, StormBeginning storm)
    {
        ITransformer model = ml.Model.Load(modelPath, out _);
        using PredictionEngine<StormBeginning, StormOutcome> engine = ml.Model.CreatePredictionEngine<StormBeginning, StormOutcome>(model);
        return engine.Predict(storm);
    }

    internal sealed class StormOutcome
    {
        public bool PredictedLabel { get; set; }

        public float Probability { get; set; }
    }
}
