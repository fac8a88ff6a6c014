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
        (OnnxValue rows, OnnxValue? areCategories) = Fold(features);
        OnnxValue areReadable = AreReadable(rows).All(1);
        OnnxValue canRead = areCategories is null ? areReadable : areReadable & areCategories;
        OnnxValue scores = Ensemble.Score(canRead.Where(rows, 0), Task);
        return Task.Columns(canRead.Where(scores, double.NaN));
    }

    // Rows with each category as one feature, and whether its slots are those of one, [rows, 1].
    private (OnnxValue Rows, OnnxValue? AreCategories) Fold(OnnxValue features)
    {
        if (Architecture.Sizes.Categories is not { } categories)
        {
            return (features, null);
        }

        OnnxGraph graph = features.Graph;
        List<OnnxValue> parts = categories.NumberCount > 0 ? [features.Gather(1, categories.NumberSlots)] : [];
        OnnxValue? areCategories = null;
        foreach ((int start, int levels) in categories.Starts.Zip(categories.Levels))
        {
            OnnxValue slots = features.Slice(1, start, start + levels);
            parts.Add(slots.MatrixProduct(graph.Constant([.. Enumerable.Range(1, levels).Select(place => (double)place)], OnnxType.Single, levels, 1)));
            OnnxValue isOne = ((slots * (slots - 1)).Abs().Largest(1) <= 0) & (slots.Sum(1) <= 1);
            areCategories = areCategories is null ? isOne : areCategories & isOne;
        }

        return (OnnxValue.Concatenate(1, [.. parts]), areCategories);
    }

    // Feature by feature.
    private OnnxValue AreReadable(OnnxValue features)
    {
        if (!_mayBeMissing.Contains(true))
        {
            return features.IsFinite();
        }

        OnnxValue mayBeMissing = features.Graph.Constant(Array.ConvertAll(_mayBeMissing, isSo => isSo ? 1.0 : 0), OnnxType.Single, Architecture.FeatureCount) > 0.5;
        return features.IsFinite() | (features.IsNaN() & mayBeMissing);
    }
}
