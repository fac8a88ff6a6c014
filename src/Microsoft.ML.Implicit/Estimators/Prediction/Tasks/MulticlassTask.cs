using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Data;
using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Persistence;
using Microsoft.ML.Runtime;
using static TorchSharp.torch;
using TensorPrimitives = System.Numerics.Tensors.TensorPrimitives;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>One of several classes: cross-entropy loss, softmax scores.</summary>
internal sealed partial class MulticlassTask : PredictionTask
{
    public const string Kind = "multiclass";

    // As ML.NET writes them.
    private const string LabelsName = "label_values";

    private readonly int _classCount;
    private readonly LabelValues? _labelValues;

    public MulticlassTask(int classCount, LabelValues? labelValues)
    {
        _classCount = classCount;
        _labelValues = labelValues;
    }

    public override string Description => $"{_classCount} classes";

    public override LabelKind Label => new MulticlassLabel();

    public override LinearLoss LinearLoss => new SoftmaxLoss(_classCount);

    public override int OutputWidth => _classCount;

    public override int ColumnCount => 2;

    public override bool HasConfidence => true;

    public override bool HasClassesOf(DataViewSchema.Column label) => new MulticlassTask((int)label.Type.GetKeyCount(), LabelValues.Of(label)).IsLike(this);

    public override bool IsLike(PredictionTask other) =>
        base.IsLike(other) && (_labelValues is null ? ((MulticlassTask)other)._labelValues is null : _labelValues.IsLike(((MulticlassTask)other)._labelValues));

    public override Tensor BestConstant(Tensor labels, Tensor? weights)
    {
        Tensor shares = labels.to(ScalarType.Int64).bincount(weights, _classCount).to(ScalarType.Float32);
        return (shares / shares.sum()).log();
    }

    public override Tensor Average(Tensor outputs) => nn.functional.log_softmax(outputs, -1).logsumexp(1);

    public override void Score(Span<float> outputs, Span<float> scores)
    {
        int networks = outputs.Length / _classCount;
        scores.Clear();
        for (int network = 0; network < networks; network++)
        {
            // The largest output is taken off first, so that nothing overflows.
            Span<float> shares = outputs.Slice(network * _classCount, _classCount);
            TensorPrimitives.Subtract(shares, TensorPrimitives.Max<float>(shares), shares);
            TensorPrimitives.Exp(shares, shares);
            TensorPrimitives.MultiplyAdd(shares, 1 / (TensorPrimitives.Sum<float>(shares) * networks), scores, scores);
        }
    }

    public override IReadOnlyList<DataViewSchema.DetachedColumn> GetOutputColumns(DataViewSchema inputSchema)
    {
        const string kind = AnnotationUtils.Const.ScoreColumnKind.MulticlassClassification;
        uint setId = ScoreColumns.NextSetId(inputSchema);
        return
        [
            ScoreColumns.Create(
                DefaultColumnNames.PredictedLabel,
                new KeyDataViewType(typeof(uint), _classCount),
                setId,
                kind,
                AnnotationUtils.Const.ScoreValueKind.PredictedLabel,
                annotations => _labelValues?.AddTo(annotations, AnnotationUtils.Kinds.KeyValues)),
            ScoreColumns.Create(
                DefaultColumnNames.Score,
                new VectorDataViewType(NumberDataViewType.Single, _classCount),
                setId,
                kind,
                AnnotationUtils.Const.ScoreValueKind.Score,
                AddClassNames),
        ];
    }

    public override Delegate CreateGetter(int column, float[] scores, Func<int> slot) => column == 0
        ? (ValueGetter<uint>)((ref uint value) => value = PredictedKey(ClassScores(scores, slot())))
        : (ValueGetter<VBuffer<float>>)((ref VBuffer<float> value) =>
        {
            VBufferEditor<float> editor = VBufferEditor.Create(ref value, _classCount);
            ClassScores(scores, slot()).CopyTo(editor.Values);
            value = editor.Commit();
        });

    public override void Write(IHost host, DocumentWriter writer)
    {
        writer.Write(PredictionTaskFormat.KindName, Kind);
        writer.Write("classes", _classCount);
        if (_labelValues is not null)
        {
            using var values = new MemoryStream();
            _labelValues.Write(host, values);
            writer.Write(LabelsName, values.ToArray());
        }
    }

    /// <exception cref="FormatException">There are not as many label values as classes.</exception>
    public static MulticlassTask Read(IHost host, DocumentReader reader)
    {
        int classCount = reader.Int32("classes");
        LabelValues? values = reader.OptionalTensor(LabelsName) is null ? null : LabelValues.Read(host, new MemoryStream(reader.Bytes(LabelsName)));
        return values is null || values.Type.Size == classCount
            ? new MulticlassTask(classCount, values)
            : throw new FormatException($"The model file names {values.Type.Size} labels of {classCount} classes.");
    }

    public override Tensor Agreement(Tensor output, Tensor labels)
    {
        Tensor given = labels.to(ScalarType.Int64).unsqueeze(1);
        Tensor others = output.scatter(1, given, full_like(output, double.NegativeInfinity.Held()).narrow(1, 0, 1)).logsumexp(1);
        return output.gather(1, given).squeeze(1) - others;
    }

    protected override Tensor Losses(Tensor output, Tensor labels) =>
        nn.functional.cross_entropy(output, labels.to(ScalarType.Int64), reduction: nn.Reduction.None);

    // Keys count from 1; 0 is a missing key, the only honest answer to a row that has no score.
    private static uint PredictedKey(ReadOnlySpan<float> scores)
    {
        int best = TensorPrimitives.IndexOfMax(scores);
        return float.IsNaN(scores[best]) ? 0u : (uint)best + 1;
    }

    private ReadOnlySpan<float> ClassScores(float[] scores, int slot) => scores.AsSpan(slot * _classCount, _classCount);

    private void AddClassNames(DataViewSchema.Annotations.Builder annotations)
    {
        if (_labelValues is null)
        {
            return;
        }

        _labelValues.AddTo(annotations, AnnotationUtils.Kinds.TrainingLabelValues);
        if (_labelValues.Type.ItemType is TextDataViewType)
        {
            _labelValues.AddTo(annotations, AnnotationUtils.Kinds.SlotNames);
        }
    }
}
