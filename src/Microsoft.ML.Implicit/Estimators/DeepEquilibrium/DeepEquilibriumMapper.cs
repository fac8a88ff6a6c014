using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Data;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Maps batches of feature vectors to score columns.</summary>
internal sealed class DeepEquilibriumMapper : BatchMapper
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
        DataViewSchema.Column features = inputSchema.GetColumnOrNull(_featureColumnName)
            ?? throw new ArgumentException($"The data has no column '{_featureColumnName}', which the model reads its features from.", nameof(inputSchema));
        var expected = new VectorDataViewType(NumberDataViewType.Single, _model.FeatureCount);
        bool fits = features.Type is VectorDataViewType { IsKnownSize: true } type && type.ItemType.Equals(expected.ItemType) && type.Size == expected.Size;
        return fits
            ? _model.Task.GetOutputColumns(inputSchema)
            : throw new ArgumentException($"Column '{_featureColumnName}' holds {features.Type}; the model was trained on {expected}.", nameof(inputSchema));
    }

    public override RowBatch CreateBatch(DataViewRow source, int capacity) =>
        new DeepEquilibriumBatch(_model, source.GetGetter<VBuffer<float>>(source.Schema[_featureColumnName]), capacity);
}
