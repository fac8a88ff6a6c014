using Microsoft.ML.Implicit.Onnx;

namespace Microsoft.ML.Implicit.Estimators;

/// <content>The task within an ONNX file.</content>
internal sealed partial class RegressionTask
{
    public override OnnxValue Score(OnnxValue output) => (output * _scale) + _mean;

    public override IReadOnlyList<OnnxValue> Columns(OnnxValue scores) => [scores];
}
