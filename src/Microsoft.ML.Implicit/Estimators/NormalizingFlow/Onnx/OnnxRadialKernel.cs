using Microsoft.ML.Implicit.Layers.Flow;
using Microsoft.ML.Implicit.Onnx;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>The ONNX form of <see cref="RadialKernel"/>.</summary>
internal static class OnnxRadialKernel
{
    /// <inheritdoc cref="RadialKernel.Log(double)"/>
    public static OnnxValue Log(RadialKernel kernel, OnnxValue square) => kernel.DegreesOfFreedom is { } degrees
        ? ((square / degrees) + 1).Log() * (-0.5 * (degrees + kernel.Dimension))
        : square * -0.5;
}
