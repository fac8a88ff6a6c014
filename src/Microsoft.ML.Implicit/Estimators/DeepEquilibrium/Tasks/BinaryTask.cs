using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Data;
using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Persistence;
using Microsoft.ML.Runtime;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>True or false: logistic loss; the score is the log-odds and its sigmoid the probability.</summary>
internal sealed class BinaryTask : PredictionTask
{
    public const string Kind = "binary";

    public override int OutputWidth => 1;

    public override Tensor Loss(Tensor output, Tensor labels, Tensor? weights) =>
        Mean(nn.functional.binary_cross_entropy_with_logits(output.squeeze(1), labels, reduction: nn.Reduction.None), weights);

    public override Tensor BestConstant(Tensor labels, Tensor? weights)
    {
        Tensor positive = Mean(labels, weights);
        Tensor negative = Mean(1.Held().Minus(labels), weights);
        return (positive / negative).log().unsqueeze(0);
    }

    public override Tensor Score(Tensor output) => output;

    /// <summary>Log-odds of the mean probability.</summary>
    public override Tensor Average(Tensor scores) =>
        nn.functional.logsigmoid(scores).logsumexp(0) - nn.functional.logsigmoid(scores.neg()).logsumexp(0);

    public override IReadOnlyList<DataViewSchema.DetachedColumn> GetOutputColumns(DataViewSchema inputSchema)
    {
        const string kind = AnnotationUtils.Const.ScoreColumnKind.BinaryClassification;
        uint setId = ScoreColumns.NextSetId(inputSchema);
        return
        [
            ScoreColumns.Create(DefaultColumnNames.PredictedLabel, BooleanDataViewType.Instance, setId, kind, AnnotationUtils.Const.ScoreValueKind.PredictedLabel),
            ScoreColumns.Create(DefaultColumnNames.Score, NumberDataViewType.Single, setId, kind, AnnotationUtils.Const.ScoreValueKind.Score),
            ScoreColumns.Create(
                DefaultColumnNames.Probability,
                NumberDataViewType.Single,
                setId,
                kind,
                AnnotationUtils.Const.ScoreValueKind.Probability,
                annotations => annotations.Add(AnnotationUtils.Kinds.IsNormalized, BooleanDataViewType.Instance, (ref bool value) => value = true)),
        ];
    }

    public override Delegate CreateGetter(int column, float[] scores, Func<int> slot) => column switch
    {
        0 => (ValueGetter<bool>)((ref bool value) => value = scores[slot()] > 0),
        1 => (ValueGetter<float>)((ref float value) => value = scores[slot()]),
        _ => (ValueGetter<float>)((ref float value) => value = 1 / (1 + MathF.Exp(-scores[slot()]))),
    };

    public override void Write(IHost host, DocumentWriter writer) => writer.Write(PredictionTaskFormat.KindName, Kind);
}
