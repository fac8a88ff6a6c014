using Microsoft.ML.Implicit.Estimators;

namespace Microsoft.ML.Implicit.Samples.Pendulum;

internal static partial class PendulumForecast
{
    /// <summary>Loads a saved model and reads the energy of what was observed last.</summary>
    private static float EnergyOf(MLContext ml, string modelPath, PendulumSwing swing)
    {
        using var model = (MechanicsTransformer)ml.Model.Load(modelPath, out _);
        PredictionEngine<PendulumSwing, Reading> engine = ml.Model.CreatePredictionEngine<PendulumSwing, Reading>(model);
        return engine.Predict(swing).Energy;
    }

    internal sealed class Reading
    {
        public float Energy { get; set; }
    }
}
