using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Data;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Maps rows with a series to a column of hidden states.</summary>
internal sealed class SeriesFeatureMapper(ControlledEquationModelParameters model, string outputColumnName) : SeriesMapper(model)
{
    public override RowBatch CreateBatch(DataViewRow source, int capacity) =>
        new SeriesBatch(new SeriesReader(Model.Columns, source), capacity, Model.FeatureCount, Model.Features, CreateGetter);

    protected override IReadOnlyList<DataViewSchema.DetachedColumn> CreateOutputColumns(DataViewSchema inputSchema) =>
        [new DataViewSchema.DetachedColumn(outputColumnName, new VectorDataViewType(NumberDataViewType.Single, Model.FeatureCount))];

    private ValueGetter<VBuffer<float>> CreateGetter(int column, float[] features, Func<int> slot) => (ref VBuffer<float> value) =>
    {
        VBufferEditor<float> editor = VBufferEditor.Create(ref value, Model.FeatureCount);
        features.AsSpan(slot() * Model.FeatureCount, Model.FeatureCount).CopyTo(editor.Values);
        value = editor.Commit();
    };
}
