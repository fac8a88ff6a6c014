using Microsoft.ML.Data;

namespace Microsoft.ML.Implicit.Samples.Classify;

internal static partial class DigitClassification
{
    /// <summary>Loads a saved model and predicts one digit.</summary>
    private static ModelOutput Predict(MLContext ml, string modelPath, ModelInput input)
    {
        ITransformer model = ml.Model.Load(modelPath, out _);
        using PredictionEngine<ModelInput, ModelOutput> engine = ml.Model.CreatePredictionEngine<ModelInput, ModelOutput>(model);
        return engine.Predict(input);
    }

    internal sealed class ModelInput
    {
        [VectorType(Pixels)]
        public float[] Features { get; set; } = [];

        public string Label { get; set; } = string.Empty;
    }

    internal sealed class ModelOutput
    {
        public string Label { get; set; } = string.Empty;

        public string PredictedLabel { get; set; } = string.Empty;

        public float[] Score { get; set; } = [];
    }
}
