using Microsoft.ML.Data;

namespace Microsoft.ML.Implicit.Samples.Control;

internal static partial class HeatingControl
{
    /// <summary>The plans of a model, at the weather that is expected where it does not say itself.</summary>
    private static Func<Situation, float[]> Follow(MLContext ml, ITransformer model, Action<Situation>? expect = null)
    {
        PredictionEngine<Situation, Plan> engine = ml.Model.CreatePredictionEngine<Situation, Plan>(model);
        return situation =>
        {
            expect?.Invoke(situation);
            return engine.Predict(situation).Heating;
        };
    }

    internal sealed class Plan
    {
        /// <summary>In kW, hour by hour.</summary>
        [VectorType(Room.Horizon)]
        public float[] Heating { get; set; } = [];
    }
}
