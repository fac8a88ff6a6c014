using Microsoft.ML.Implicit.Onnx;

namespace Microsoft.ML.Implicit.Estimators;

/// <content>The scores within an ONNX file.</content>
internal sealed partial record AnomalyScorer
{
    /// <summary>Scores of rows, float64 [rows, 1].</summary>
    /// <param name="logDensity">[rows, 1].</param>
    /// <param name="meanSquare">[rows, 1].</param>
    /// <param name="features">[rows, features].</param>
    /// <param name="context">[rows, context].</param>
    /// <param name="featureCount">Length of a feature vector.</param>
    public OnnxValue Score(OnnxValue logDensity, OnnxValue meanSquare, OnnxValue features, OnnxValue? context, int featureCount)
    {
        if (Scoring == AnomalyScoring.PolarLogDensity)
        {
            return -logDensity - (meanSquare.Maximum(features.Graph.Number(PolarScore.SmallestMeanSquare, OnnxType.Double)).Log() * (0.5 * (featureCount - 1)));
        }

        return Distance is null ? -logDensity : Distance.Of(features, context) - logDensity;
    }
}
