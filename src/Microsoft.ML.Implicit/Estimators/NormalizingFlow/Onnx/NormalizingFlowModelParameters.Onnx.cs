using Microsoft.ML.Implicit.Onnx;

namespace Microsoft.ML.Implicit.Estimators;

/// <content>The model within an ONNX file, solved to the tolerance that it has when it is written.</content>
public sealed partial class NormalizingFlowModelParameters
{
    /// <summary>Flags, anomaly scores, log densities and quantiles of the scores of rows, float32 [rows, 1] each.</summary>
    internal (OnnxValue IsAnomaly, OnnxValue Score, OnnxValue LogDensity, OnnxValue Quantile) Score(OnnxValue features, OnnxValue? context)
    {
        (_, OnnxValue logDensity, OnnxValue meanSquare) = _evaluator.Encode(features, context, _tolerance);
        OnnxValue single = Singles(_scorer.Score(logDensity, meanSquare, features, context, FeatureCount));
        OnnxValue score = single.To(OnnxType.Double);
        OnnxValue quantile = Distribution?.ShareUpTo(score) ?? (score * double.NaN);
        return (single >= Threshold, single, Singles(logDensity), quantile.To(OnnxType.Single));
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
