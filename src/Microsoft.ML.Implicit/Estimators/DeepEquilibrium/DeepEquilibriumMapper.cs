using Microsoft.ML.Implicit.Data;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Maps batches of feature vectors to score columns.</summary>
internal sealed partial class DeepEquilibriumMapper : BatchMapper
{
    private readonly DeepEquilibriumModelParameters _model;
    private readonly string _featureColumnName;

    public DeepEquilibriumMapper(DeepEquilibriumModelParameters model, string featureColumnName)
    {
        _model = model;
        _featureColumnName = featureColumnName;
        InputColumnNames = [featureColumnName];
    }

    public override int BatchSize => 512;

    public override IReadOnlyList<string> InputColumnNames { get; }

    public override IReadOnlyList<DataViewSchema.DetachedColumn> GetOutputColumns(DataViewSchema inputSchema)
    {
        DataViewSchema.Column features = InputColumns.FindVector(inputSchema, _featureColumnName, _model.FeatureCount);
        _model.Image?.CheckDimensions(features);
        return _model.Task.GetOutputColumns(inputSchema);
    }

    public override RowBatch CreateBatch(DataViewRow source, int capacity) =>
        new DeepEquilibriumBatch(_model, new VectorReader<float>(source, source.Schema[_featureColumnName]), capacity);
}
