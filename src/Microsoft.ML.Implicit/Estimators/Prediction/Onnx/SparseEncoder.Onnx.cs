using Microsoft.ML.Implicit.Onnx;

namespace Microsoft.ML.Implicit.Estimators;

/// <content>The encoder within an ONNX file: there is none, see <see cref="PredictionMapper"/>.</content>
internal sealed partial class SparseEncoder
{
    public override OnnxValue Encode(OnnxValue features) => throw new NotSupportedException("Rows in coordinate format have no ONNX form.");
}
