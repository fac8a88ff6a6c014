using Microsoft.ML.Data;

namespace Microsoft.ML.Implicit.Samples.Control;

internal static partial class HeatingControl
{
    /// <summary>Heats by the first hour of each plan.</summary>
    private static Func<Situation, double> Follow(MLContext ml, ITransformer model, Action<Situation>? expect = null)
    {
        PredictionEngine<Situation, Plan> engine = ml.Model.CreatePredictionEngine<Situation, Plan>(model);
        return situation =>
        {
            expect?.Invoke(situation);
            return engine.Predict(situation).Heating[0];
        };
    }

    internal sealed class Plan
    {
        /// <summary>In kW, hour by hour.</summary>
        [VectorType(Room.Horizon)]
        public float[] Heating { get; set; } = [];
    }
}
