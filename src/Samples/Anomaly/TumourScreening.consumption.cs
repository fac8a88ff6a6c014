using Microsoft.ML.Data;

namespace Microsoft.ML.Implicit.Samples.Anomaly;

internal static partial class TumourScreening
{
    /// <summary>Loads a saved model and scores one tumour.</summary>
    private static ModelOutput Predict(MLContext ml, string modelPath, ModelInput input)
    {
        ITransformer model = ml.Model.Load(modelPath, out _);
        using PredictionEngine<ModelInput, ModelOutput> engine = ml.Model.CreatePredictionEngine<ModelInput, ModelOutput>(model);
        return engine.Predict(input);
    }

    internal sealed class ModelInput
    {
        [VectorType(FeatureCount)]
        public float[] Features { get; set; } = [];

        /// <summary>One for a malignant tumour, zero for a benign one.</summary>
        public float Label { get; set; }
    }

    internal sealed class ModelOutput
    {
        public float Label { get; set; }

        public bool PredictedLabel { get; set; }

        public float Score { get; set; }
    }
}
