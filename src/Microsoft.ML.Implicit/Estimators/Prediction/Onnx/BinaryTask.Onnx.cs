using Microsoft.ML.Implicit.Onnx;

namespace Microsoft.ML.Implicit.Estimators;

/// <content>The task within an ONNX file.</content>
internal sealed partial class BinaryTask
{
    public override OnnxValue Score(OnnxValue output) => output;

    public override OnnxValue Average(OnnxValue scores) =>
        (-(-scores).Softplus()).LogSumExp(0, keep: false) - (-scores.Softplus()).LogSumExp(0, keep: false);

    public override IReadOnlyList<OnnxValue> Columns(OnnxValue scores) => [scores > threshold, scores, scores.Sigmoid()];
}
