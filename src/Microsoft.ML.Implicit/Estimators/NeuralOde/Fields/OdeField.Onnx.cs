using Microsoft.ML.Implicit.Onnx;

namespace Microsoft.ML.Implicit.Estimators;

/// <content>The field within an ONNX file.</content>
internal abstract partial class OdeField
{
    /// <summary>The state at time 0.</summary>
    /// <param name="input">Encoded rows, [rows, inputWidth].</param>
    /// <param name="inputWidth">Length of an encoded row.</param>
    public abstract OnnxValue Begin(OnnxValue input, int inputWidth);

    /// <summary>f(t, h).</summary>
    /// <param name="time">[rows, 1], of the state's type.</param>
    /// <param name="state">[rows, dimension].</param>
    public abstract OnnxValue Slope(OnnxValue time, OnnxValue state);

    /// <summary>What the head reads, [rows, <see cref="FeatureWidth"/>].</summary>
    /// <param name="state">[rows, dimension].</param>
    public abstract OnnxValue Readout(OnnxValue state);
}
