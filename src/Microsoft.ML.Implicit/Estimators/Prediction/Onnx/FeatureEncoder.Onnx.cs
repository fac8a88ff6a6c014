using Microsoft.ML.Implicit.Onnx;

namespace Microsoft.ML.Implicit.Estimators;

/// <content>The encoder within an ONNX file.</content>
internal abstract partial class FeatureEncoder
{
    /// <summary>Encodes features [rows, features] as [rows, <see cref="Width"/>].</summary>
    public abstract OnnxValue Encode(OnnxValue features);

    private protected static OnnxValue Scale(OnnxValue features, OnnxValue center, OnnxValue factor) =>
        (((features * 0.5) - (center * 0.5)) * (factor * 2)).Clamp(-LargestScaled, LargestScaled);

    private protected static OnnxValue Clip(OnnxValue scaled)
    {
        OnnxValue share = scaled / ClipScale;
        return scaled / ((share * share) + 1).Sqrt();
    }

    private protected static OnnxValue Tails(OnnxValue scaled) => scaled.Asinh() / ClipScale;
}
