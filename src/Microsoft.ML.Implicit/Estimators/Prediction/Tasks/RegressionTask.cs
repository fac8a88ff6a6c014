using System.Globalization;
using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Data;
using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Persistence;
using Microsoft.ML.Runtime;
using TorchSharp;
using static TorchSharp.torch;
using TensorPrimitives = System.Numerics.Tensors.TensorPrimitives;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>A number: squared error of the standardised label.</summary>
internal sealed partial class RegressionTask : PredictionTask
{
    public const string Kind = "regression";

    // Deviations of the labels that a network has learned, beyond which training does not bring its outputs: millions where it has learned cents.
    private const double LargestDeviations = 1000;

    // Beyond them labels may be meant, but hardly are.
    private const double UsualDeviations = 30;

    // As many classes as say whether a label is low or high.
    private const int LabelClasses = 8;

    private readonly float _mean;
    private readonly float _scale;

    public RegressionTask(float mean, float scale)
    {
        _mean = mean;
        _scale = scale;
    }

    public override string Description => "a number";

    public override LabelKind Label => new RegressionLabel();

    public override LinearLoss LinearLoss => new SquaredLoss(_mean, _scale);

    public override int OutputWidth => 1;

    public override int ColumnCount => 1;

    public override bool HasConfidence => false;

    public override string? FaultOf(PredictionTask other, string labelColumn)
    {
        if (base.FaultOf(other, labelColumn) is { } fault)
        {
            return fault;
        }

        return Distance((RegressionTask)other) <= LargestDeviations ? null : $"{Compare((RegressionTask)other, labelColumn)} Give them in the same unit, or train another model.";
    }

    public override string? DoubtOf(PredictionTask other, string labelColumn)
    {
        var labels = (RegressionTask)other;
        return Distance(labels) <= UsualDeviations && labels._scale >= _scale / UsualDeviations ? null : $"{Compare(labels, labelColumn)} Are they in the same unit?";
    }

    public override string? DoubtOfRows(Tensor labels, string labelColumn) => DoubtOf(Of(labels, _scale), labelColumn);

    /// <summary>The task of labels.</summary>
    /// <param name="labels">float32 [rows].</param>
    /// <param name="unit">The unit of labels that are all the same.</param>
    public static RegressionTask Of(Tensor labels, float unit = 1)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor values = labels.to(ScalarType.Float64);
        double mean = values.mean().item<double>();
        float deviation = (float)(values - mean.Held()).Squared().mean().sqrt().item<double>();
        return new RegressionTask((float)mean, deviation > 0 ? deviation : unit);
    }

    private double Distance(RegressionTask labels) => (Math.Abs((double)labels._mean - _mean) + labels._scale) / _scale;

    private string Compare(RegressionTask labels, string labelColumn) => string.Create(
        CultureInfo.InvariantCulture,
        $"its labels are {_mean:G3} with a standard deviation of {_scale:G3}, and those of column '{labelColumn}' are {labels._mean:G3} with one of {labels._scale:G3}.");

    public override Tensor BestConstant(Tensor labels, Tensor? weights)
    {
        Tensor total = weights is null ? ones_like(labels) : weights;
        return ((Standardize(labels) * total).sum() / total.sum()).unsqueeze(0);
    }

    /// <summary>Labels cut at their quantiles.</summary>
    public override int[] ClassesOf(Tensor labels)
    {
        float[] values = labels.data<float>().ToArray();
        float[] sorted = [.. values.Order()];
        float[] cuts = [.. Enumerable.Range(1, LabelClasses - 1).Select(i => sorted[(int)((long)i * sorted.Length / LabelClasses)])];
        return Array.ConvertAll(values, value => cuts.Count(cut => value >= cut));
    }

    public override Tensor Average(Tensor outputs) => outputs.mean([1]);

    public override void Score(Span<float> outputs, Span<float> scores) => scores[0] = (TensorPrimitives.Average<float>(outputs) * _scale) + _mean;

    public override IReadOnlyList<DataViewSchema.DetachedColumn> GetOutputColumns(DataViewSchema inputSchema) =>
    [
        ScoreColumns.Create(
            DefaultColumnNames.Score,
            NumberDataViewType.Single,
            ScoreColumns.NextSetId(inputSchema),
            AnnotationUtils.Const.ScoreColumnKind.Regression,
            AnnotationUtils.Const.ScoreValueKind.Score),
    ];

    public override Delegate CreateGetter(int column, float[] scores, Func<int> slot) =>
        (ValueGetter<float>)((ref float value) => value = scores[slot()]);

    public override void Write(IHost host, DocumentWriter writer)
    {
        writer.Write(PredictionTaskFormat.KindName, Kind);
        writer.Write("mean", (double)_mean);
        writer.Write("scale", (double)_scale);
    }

    /// <exception cref="FormatException">The label's unit is impossible.</exception>
    public static RegressionTask Read(DocumentReader reader)
    {
        float mean = reader.Single("mean"), scale = reader.Single("scale");
        return float.IsFinite(mean) && float.IsFinite(scale) && scale > 0
            ? new RegressionTask(mean, scale)
            : throw new FormatException("The model file describes an impossible unit of the label.");
    }

    public override Tensor Agreement(Tensor output, Tensor labels) => LabelOdds.OfErrors(Losses(output, labels));

    protected override Tensor Losses(Tensor output, Tensor labels) =>
        (output.squeeze(1) - Standardize(labels)).Squared();

    // Labels may lie further apart than a float32 can say.
    private Tensor Standardize(Tensor labels) =>
        ((labels.to(ScalarType.Float64) - _mean.Held()) / _scale.Held()).to(ScalarType.Float32);
}
