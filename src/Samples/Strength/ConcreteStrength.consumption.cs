using Microsoft.ML.Data;

namespace Microsoft.ML.Implicit.Samples.Strength;

internal static partial class ConcreteStrength
{
    /// <summary>Loads a saved model and predicts the strength of one mix.</summary>
    private static ModelOutput Predict(MLContext ml, string modelPath, ModelInput input)
    {
        ITransformer model = ml.Model.Load(modelPath, out _);
        using PredictionEngine<ModelInput, ModelOutput> engine = ml.Model.CreatePredictionEngine<ModelInput, ModelOutput>(model);
        return engine.Predict(input);
    }

    /// <summary>Kilograms per cubic metre, days and megapascals.</summary>
    internal sealed record ModelInput
    {
        [LoadColumn(0)]
        public float Cement { get; set; }

        [LoadColumn(1)]
        public float Slag { get; set; }

        [LoadColumn(2)]
        public float FlyAsh { get; set; }

        [LoadColumn(3)]
        public float Water { get; set; }

        [LoadColumn(4)]
        public float Superplasticizer { get; set; }

        [LoadColumn(5)]
        public float CoarseAggregate { get; set; }

        [LoadColumn(6)]
        public float FineAggregate { get; set; }

        [LoadColumn(7)]
        public float Age { get; set; }

        [LoadColumn(8)]
        public float Strength { get; set; }
    }

    internal sealed class ModelOutput
    {
        public float Score { get; set; }

        public float Evaluations { get; set; }
    }
}
