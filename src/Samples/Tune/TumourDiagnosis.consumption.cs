using Microsoft.ML.Data;

namespace Microsoft.ML.Implicit.Samples.Tune;

internal static partial class TumourDiagnosis
{
    /// <summary>Loads a saved model and diagnoses one tumour.</summary>
    private static ModelOutput Predict(MLContext ml, string modelPath, ModelInput input)
    {
        ITransformer model = ml.Model.Load(modelPath, out _);
        using PredictionEngine<ModelInput, ModelOutput> engine = ml.Model.CreatePredictionEngine<ModelInput, ModelOutput>(model);
        return engine.Predict(input);
    }

    internal sealed record ModelInput
    {
        [VectorType(FeatureCount)]
        public float[] Features { get; set; } = [];

        /// <summary>Whether the tumour is malignant.</summary>
        public bool Label { get; set; }
    }

    internal sealed class ModelOutput
    {
        public bool PredictedLabel { get; set; }

        public float Probability { get; set; }
    }
}
