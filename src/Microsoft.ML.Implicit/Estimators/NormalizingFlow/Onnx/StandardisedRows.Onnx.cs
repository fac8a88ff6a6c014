using Microsoft.ML.Implicit.Onnx;

namespace Microsoft.ML.Implicit.Estimators;

/// <content>The rows within an ONNX file, where distances are computed by matrix products.</content>
internal sealed partial class StandardisedRows
{
    /// <summary>The distance of <see cref="Find"/>, float64 [rows, 1].</summary>
    /// <param name="features">[rows, features].</param>
    /// <param name="context">[rows, context].</param>
    public OnnxValue SecondDistance(OnnxValue features, OnnxValue? context)
    {
        OnnxGraph graph = features.Graph;
        OnnxValue point = _layout.Embed(features);
        point = context is null ? point : OnnxValue.Concatenate(1, point, context.To(OnnxType.Double));
        OnnxValue scaled = (point - graph.Constant(_means, OnnxType.Double, 1, Width)) / graph.Constant(_deviations, OnnxType.Double, 1, Width);
        scaled = scaled.Clamp(-float.MaxValue, float.MaxValue).To(OnnxType.Single).To(OnnxType.Double);

        double[] transposed = new double[_rows.Length], squares = new double[Count];
        for (int row = 0; row < Count; row++)
        {
            for (int j = 0; j < Width; j++)
            {
                double value = _rows[(row * Width) + j];
                transposed[(j * Count) + row] = value;
                squares[row] += value * value;
            }
        }

        OnnxValue square = (scaled * scaled).Sum(1);
        OnnxValue distances = square + graph.Constant(squares, OnnxType.Double, 1, Count) - (scaled.MatrixProduct(graph.Constant(transposed, OnnxType.Double, Width, Count)) * 2);
        distances = distances.Maximum(graph.Number(0, OnnxType.Double));
        int kept = Math.Min(Kept, Count);
        OnnxValue smallest = graph.Nodes(
            "TopK",
            [distances, graph.Constant([kept], 1)],
            [OnnxType.Double, OnnxType.Int64],
            OnnxAttribute.Integer("axis", 1),
            OnnxAttribute.Integer("largest", 0))[0];
        OnnxValue self = (square.Sqrt() + 1) * Coincidence;
        OnnxValue squared = (Smallest(0) <= (self * self)).Where(Smallest(2), Smallest(1));
        return (squared / Width).Sqrt();

        OnnxValue Smallest(int place) => smallest.Slice(1, Math.Min(place, kept - 1), Math.Min(place, kept - 1) + 1);
    }
}
