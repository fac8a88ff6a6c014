using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Estimators;

namespace Microsoft.ML.Implicit.Samples.Adapt;

internal static partial class StormPressure
{
    /// <summary>Loads the saved model, adapts it to a storm by a few observations, and predicts another.</summary>
    private static float Predict(MLContext ml, string modelPath, ModelInput[] few, ModelInput other)
    {
        var model = (MetaLearnedLinearTransformer)ml.Model.Load(modelPath, out _);
        MetaLearnedLinearTransformer adapted = model.Adapt(ml.Data.LoadFromEnumerable(few));
        using PredictionEngine<ModelInput, ModelOutput> engine = ml.Model.CreatePredictionEngine<ModelInput, ModelOutput>(adapted);
        return engine.Predict(other).Score;
    }

    /// <summary>An observation of a storm.</summary>
    internal sealed class ModelInput
    {
        public string Storm { get; set; } = "";

        /// <summary>Pressure (mb) and latitude (degrees).</summary>
        [VectorType(2)]
        public float[] Features { get; set; } = [];

        /// <summary>Knots.</summary>
        public float Wind { get; set; }
    }

    internal sealed class ModelOutput
    {
        public float Score { get; set; }
    }
}
