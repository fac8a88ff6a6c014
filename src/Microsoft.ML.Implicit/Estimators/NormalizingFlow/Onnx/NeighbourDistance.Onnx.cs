using Microsoft.ML.Implicit.Onnx;

namespace Microsoft.ML.Implicit.Estimators;

/// <content>The distance within an ONNX file.</content>
internal sealed partial class NeighbourDistance
{
    /// <summary>Distances of rows in nats, float64 [rows, 1].</summary>
    /// <param name="features">[rows, features].</param>
    /// <param name="context">[rows, context].</param>
    public OnnxValue Of(OnnxValue features, OnnxValue? context) => _rows.SecondDistance(features, context) * _weight;
}
