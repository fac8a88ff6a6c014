using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Data;
using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Persistence;
using Microsoft.ML.Runtime;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>True or false: logistic loss; the score is the log-odds and its sigmoid the probability.</summary>
/// <param name="threshold">Score above which the answer is true.</param>
internal sealed partial class BinaryTask(float threshold = 0) : PredictionTask
{
    public const string Kind = "binary";

    private const string ThresholdName = "threshold";

    public override string Description => "yes or no";

    public override LabelKind Label => new BinaryLabel();

    public override LinearLoss LinearLoss => new LogisticLoss();

    public override int OutputWidth => 1;

    public override int ColumnCount => 3;

    public override bool HasConfidence => true;

    public override Tensor BestConstant(Tensor labels, Tensor? weights)
    {
        Tensor positive = weights is null ? labels : labels * weights;
        Tensor negative = (weights ?? ones_like(labels)) - positive;
        return (positive.sum() / negative.sum()).log().unsqueeze(0);
    }

    public override Tensor Average(Tensor outputs) =>
        nn.functional.logsigmoid(outputs).logsumexp(1) - nn.functional.logsigmoid(outputs.neg()).logsumexp(1);

    /// <summary>Log-odds of the mean probability.</summary>
    public override void Score(Span<float> outputs, Span<float> scores) =>
        scores[0] = outputs.Length == 1 ? outputs[0] : (float)(LogSumOfSigmoids(outputs, 1) - LogSumOfSigmoids(outputs, -1));

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
        0 => (ValueGetter<bool>)((ref bool value) => value = scores[slot()] > threshold),
        1 => (ValueGetter<float>)((ref float value) => value = scores[slot()]),
        _ => (ValueGetter<float>)((ref float value) => value = Probability(scores[slot()])),
    };

    /// <summary>Probability of true at a score.</summary>
    public static float Probability(float score) => 1 / (1 + MathF.Exp(-score));

    public override void Write(IHost host, DocumentWriter writer)
    {
        writer.Write(PredictionTaskFormat.KindName, Kind);
        if (threshold != 0)
        {
            writer.Write(ThresholdName, threshold);
        }
    }

    /// <exception cref="FormatException">The threshold is no number.</exception>
    public static BinaryTask Read(DocumentReader reader) => reader.OptionalText(ThresholdName) is null ? new BinaryTask()
        : reader.Single(ThresholdName) is var threshold && !float.IsNaN(threshold) ? new BinaryTask(threshold)
        : throw new FormatException("The model file's threshold is no number.");

    public override Tensor Agreement(Tensor output, Tensor labels) => output.squeeze(1) * ((labels * 2.Held()) - 1.Held());

    protected override Tensor Losses(Tensor output, Tensor labels) =>
        nn.functional.binary_cross_entropy_with_logits(output.squeeze(1), labels, reduction: nn.Reduction.None);

    // log Σᵢ sigmoid(± xᵢ), by the largest of its terms, so that none of them vanishes alone.
    private static double LogSumOfSigmoids(ReadOnlySpan<float> values, int sign)
    {
        double largest = double.NegativeInfinity;
        foreach (float value in values)
        {
            largest = Math.Max(largest, LogSigmoid(sign * (double)value));
        }

        double sum = 0;
        foreach (float value in values)
        {
            sum += Math.Exp(LogSigmoid(sign * (double)value) - largest);
        }

        return largest + Math.Log(sum);
    }

    private static double LogSigmoid(double value) => Math.Min(value, 0) - Math.Log(1 + Math.Exp(-Math.Abs(value)));
}
