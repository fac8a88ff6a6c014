using Microsoft.ML.Implicit.Onnx;

namespace Microsoft.ML.Implicit.Estimators;

/// <content>The encoder within an ONNX file.</content>
internal abstract partial class FeatureEncoder
{
    /// <summary>Encodes features [rows, features] as [rows, <see cref="Width"/>].</summary>
    public abstract OnnxValue Encode(OnnxValue features);

    /// <summary>Which features are finite, or missing where they may be.</summary>
    /// <param name="features">[rows, features].</param>
    /// <param name="featureCount">Length of the feature vector.</param>
    public OnnxValue CanRead(OnnxValue features, int featureCount)
    {
        int[] missing = MissingFeatures();
        double[] mayBeMissing = [.. Enumerable.Range(0, featureCount).Select(feature => Array.BinarySearch(missing, feature) >= 0 ? 1.0 : 0)];
        return missing.Length == 0
            ? features.IsFinite()
            : features.IsFinite() | (features.IsNaN() & (features.Graph.Constant(mayBeMissing, OnnxType.Single, featureCount) > 0.5));
    }

    private protected static OnnxValue Scale(OnnxValue features, OnnxValue center, OnnxValue factor) =>
        (((features * 0.5) - (center * 0.5)) * (factor * 2)).Clamp(-LargestScaled, LargestScaled);

    private protected static OnnxValue Clip(OnnxValue scaled)
    {
        OnnxValue share = scaled / ClipScale;
        return scaled / ((share * share) + 1).Sqrt();
    }

    private protected static OnnxValue Tails(OnnxValue scaled) => scaled.Asinh() / ClipScale;
}
