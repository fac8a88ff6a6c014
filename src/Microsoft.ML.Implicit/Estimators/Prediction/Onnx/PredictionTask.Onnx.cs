using Microsoft.ML.Implicit.Onnx;

namespace Microsoft.ML.Implicit.Estimators;

/// <content>The task within an ONNX file.</content>
internal abstract partial class PredictionTask
{
    /// <summary>Turns network outputs [rows, <see cref="OutputWidth"/>] into scores of the same shape.</summary>
    public abstract OnnxValue Score(OnnxValue output);

    /// <summary>Averages the predictions that the scores of several networks stand for, [networks, rows, <see cref="OutputWidth"/>].</summary>
    public virtual OnnxValue Average(OnnxValue scores) => scores.Mean(0, keep: false);

    /// <summary>The output columns, in their order, of scores [rows, <see cref="OutputWidth"/>].</summary>
    public abstract IReadOnlyList<OnnxValue> Columns(OnnxValue scores);
}
