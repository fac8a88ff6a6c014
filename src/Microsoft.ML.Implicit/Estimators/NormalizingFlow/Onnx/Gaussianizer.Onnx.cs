using Microsoft.ML.Implicit.Onnx;

namespace Microsoft.ML.Implicit.Estimators;

/// <content>The map within an ONNX file.</content>
internal sealed partial class Gaussianizer
{
    /// <summary>Maps features, float64 [rows, features], to normal ones, with the log determinant of the map [rows, 1].</summary>
    public (OnnxValue Normal, OnnxValue LogDeterminant) Map(OnnxValue features)
    {
        OnnxGraph graph = features.Graph;
        (OnnxValue values, OnnxValue logDerivatives) = _spline.Map(features);
        OnnxValue normal = (values - graph.Constant(_mean)).MatrixProduct(graph.Constant(_whitening));
        return (normal, logDerivatives.Sum(1) + _logDeterminant.item<double>());
    }

    /// <summary>Maps normal features, float64 [rows, features], back to the user's units.</summary>
    public OnnxValue Inverse(OnnxValue normal)
    {
        OnnxGraph graph = normal.Graph;
        return _spline.Inverse(normal.MatrixProduct(graph.Constant(_coloring)) + graph.Constant(_mean));
    }
}
