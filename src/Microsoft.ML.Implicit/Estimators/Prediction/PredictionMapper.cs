using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Data;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Maps batches of feature vectors to score columns.</summary>
internal sealed partial class PredictionMapper : BatchMapper
{
    private readonly PredictionModelParameters _model;
    private readonly string _featureColumnName;
    private readonly string? _evaluationColumnName;

    /// <param name="model">The model.</param>
    /// <param name="featureColumnName">Column of the feature vectors.</param>
    /// <param name="evaluationColumnName">Column to write the evaluations of each row to, or <see langword="null"/>.</param>
    public PredictionMapper(PredictionModelParameters model, string featureColumnName, string? evaluationColumnName)
    {
        _model = model;
        _featureColumnName = featureColumnName;
        _evaluationColumnName = evaluationColumnName;
        InputColumnNames = [featureColumnName];
    }

    public override int BatchSize => 512;

    public override IReadOnlyList<string> InputColumnNames { get; }

    public override IReadOnlyList<DataViewSchema.DetachedColumn> GetOutputColumns(DataViewSchema inputSchema)
    {
        DataViewSchema.Column features = InputColumns.FindVector(inputSchema, _featureColumnName, _model.FeatureCount);
        _model.Image?.CheckDimensions(features);
        IReadOnlyList<DataViewSchema.DetachedColumn> columns = _model.Task.GetOutputColumns(inputSchema);
        return _evaluationColumnName is null ? columns : [.. columns, new DataViewSchema.DetachedColumn(_evaluationColumnName, NumberDataViewType.Single)];
    }

    public override RowBatch CreateBatch(DataViewRow source, int capacity) =>
        new PredictionBatch(_model, new VectorReader<float>(source, source.Schema[_featureColumnName]), capacity, _evaluationColumnName is not null);
}
