using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Data;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Maps batches of feature vectors to the columns of anomaly detection.</summary>
internal sealed partial class NormalizingFlowMapper(NormalizingFlowModelParameters model, string featureColumnName, string? contextColumnName) : BatchMapper
{
    public const string LogDensity = nameof(LogDensity);

    public const string ScoreQuantile = nameof(ScoreQuantile);

    /// <summary>Names and types of the new columns.</summary>
    public static IReadOnlyList<(string Name, DataViewType Type)> Outputs { get; } =
    [
        (DefaultColumnNames.PredictedLabel, BooleanDataViewType.Instance),
        (DefaultColumnNames.Score, NumberDataViewType.Single),
        (LogDensity, NumberDataViewType.Single),
        (ScoreQuantile, NumberDataViewType.Single),
    ];

    public override int BatchSize => DensityEvaluator.RowsAtOnce;

    public override IReadOnlyList<string> InputColumnNames { get; } = contextColumnName is null ? [featureColumnName] : [featureColumnName, contextColumnName];

    public override IReadOnlyList<DataViewSchema.DetachedColumn> GetOutputColumns(DataViewSchema inputSchema)
    {
        InputColumns.FindVector(inputSchema, featureColumnName, model.FeatureCount);
        if (contextColumnName is not null)
        {
            InputColumns.FindVector(inputSchema, contextColumnName, model.ContextCount);
        }

        uint setId = ScoreColumns.NextSetId(inputSchema);
        return [.. Outputs.Select(output => ScoreColumns.Create(output.Name, output.Type, setId, AnnotationUtils.Const.ScoreColumnKind.AnomalyDetection, output.Name))];
    }

    public override RowBatch CreateBatch(DataViewRow source, int capacity) =>
        new DensityBatch(model, DensityOperation.Score, source, featureColumnName, contextColumnName, capacity, CreateGetter);

    private Delegate CreateGetter(DensityBatch batch, int column, Func<int> slot) => column switch
    {
        0 => (ValueGetter<bool>)((ref bool value) => value = batch.Score(slot()) >= model.Threshold),
        1 => (ValueGetter<float>)((ref float value) => value = batch.Score(slot())),
        2 => (ValueGetter<float>)((ref float value) => value = batch.LogDensity(slot())),
        _ => (ValueGetter<float>)((ref float value) => value = model.ScoreQuantile(batch.Score(slot()))),
    };
}
