using Microsoft.ML.Implicit.Onnx;

namespace Microsoft.ML.Implicit.Estimators;

/// <content>The task within an ONNX file.</content>
internal sealed partial class MulticlassTask
{
    public override OnnxValue Score(OnnxValue output) => output.Softmax();

    // A row with a NaN score has no class, which key 0 stands for.
    public override IReadOnlyList<OnnxValue> Columns(OnnxValue scores)
    {
        OnnxValue best = scores.Graph.Node("ArgMax", [scores], OnnxType.Int64, OnnxAttribute.Integer("axis", 1));
        return [scores.IsFinite().All(1).Where(best + 1, 0), scores];
    }
}
