using Microsoft.ML.Implicit.Onnx;

namespace Microsoft.ML.Implicit.Estimators;

/// <content>The model within an ONNX file, solved to the tolerance that it has when it is written.</content>
public sealed partial class NormalizingFlowModelParameters
{
    /// <summary>Flags, anomaly scores and log densities of rows, float32 [rows, 1] each.</summary>
    internal (OnnxValue IsAnomaly, OnnxValue Score, OnnxValue LogDensity) Score(OnnxValue features, OnnxValue? context)
    {
        (_, OnnxValue logDensity, OnnxValue meanSquare) = _evaluator.Encode(features, context, _tolerance);
        OnnxValue score = -logDensity;
        if (Scoring == AnomalyScoring.PolarLogDensity)
        {
            OnnxValue smallest = features.Graph.Number(PolarScore.SmallestMeanSquare, OnnxType.Double);
            score -= meanSquare.Maximum(smallest).Log() * (0.5 * (FeatureCount - 1));
        }

        OnnxValue single = Singles(score);
        return (single >= Threshold, single, Singles(logDensity));
    }

    /// <summary>Latent vectors [rows, features] and log densities [rows, 1], float32.</summary>
    internal (OnnxValue Latent, OnnxValue LogDensity) Encode(OnnxValue features, OnnxValue? context)
    {
        (OnnxValue latent, OnnxValue logDensity, _) = _evaluator.Encode(features, context, _tolerance);
        return (Singles(latent), Singles(logDensity));
    }

    /// <summary>Features of latent vectors, float32 [rows, features].</summary>
    internal OnnxValue Decode(OnnxValue latent, OnnxValue? context) => Singles(_evaluator.Decode(latent, context, _tolerance));

    // Clamping would take NaN for a number.
    private static OnnxValue Singles(OnnxValue values)
    {
        OnnxValue limited = values.Clamp(-float.MaxValue, float.MaxValue);
        return values.IsNaN().Where(values, limited).To(OnnxType.Single);
    }
}
