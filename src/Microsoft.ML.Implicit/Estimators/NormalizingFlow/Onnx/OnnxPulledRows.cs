using Microsoft.ML.Implicit.Layers.Flow;
using Microsoft.ML.Implicit.Onnx;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>The ONNX form of <see cref="PulledRows"/>.</summary>
/// <param name="Rows">The rows pulled in, float64 [rows, coordinates].</param>
/// <param name="Stretch">How many times as far out each row lies, at least one: float64 [rows, 1].</param>
internal sealed record OnnxPulledRows(OnnxValue Rows, OnnxValue Stretch)
{
    /// <summary>Pulls rows in.</summary>
    public static OnnxPulledRows To(OnnxValue rows, double limit)
    {
        OnnxValue distances = (rows * rows).Mean(1).Sqrt();
        OnnxValue stretch = (distances / limit).Maximum(rows.Graph.Number(1, OnnxType.Double));
        return new OnnxPulledRows(rows / stretch, stretch);
    }

    /// <summary>By how much a log density falls from given rows to the same rows stretched as these are: [rows, 1].</summary>
    public OnnxValue LogDensityLost(OnnxValue rows, RadialKernel kernel)
    {
        OnnxValue square = (rows * rows).Sum(1);
        return OnnxRadialKernel.Log(kernel, square) - OnnxRadialKernel.Log(kernel, square * Stretch * Stretch);
    }
}
