using Microsoft.ML.Implicit.Onnx;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <content>The model within an ONNX file.</content>
public abstract partial class PredictionModelParameters
{
    internal string? OnnxObstacle => Architecture.SlotCount > 0
        ? "It holds wide sparse features by their non-zeros, and ONNX has no sparse rows."
        : null;

    /// <summary>Scores rows.</summary>
    /// <param name="features">[rows, <see cref="FeatureCount"/>].</param>
    /// <returns>The output columns.</returns>
    internal IReadOnlyList<OnnxValue> Score(OnnxValue features)
    {
        using IDisposable noGradient = no_grad();
        OnnxValue canRead = AreReadable(features).All(1);
        OnnxValue scores = Ensemble.Score(canRead.Where(features, 0), Task);
        return Task.Columns(canRead.Where(scores, double.NaN));
    }

    // Feature by feature.
    private OnnxValue AreReadable(OnnxValue features)
    {
        if (!_mayBeMissing.Contains(true))
        {
            return features.IsFinite();
        }

        OnnxValue mayBeMissing = features.Graph.Constant(Array.ConvertAll(_mayBeMissing, isSo => isSo ? 1.0 : 0), OnnxType.Single, FeatureCount) > 0.5;
        return features.IsFinite() | (features.IsNaN() & mayBeMissing);
    }
}
