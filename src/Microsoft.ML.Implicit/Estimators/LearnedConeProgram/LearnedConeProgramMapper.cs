using Microsoft.ML.Implicit.Data;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Maps features, and the parameters that are not predicted, of batches of cone programs to their solutions.</summary>
internal sealed class LearnedConeProgramMapper(ConeProgramModel model, string featureColumnName, LearnedConeProgramModelParameters learned) : BatchMapper
{
    public override int BatchSize => 64;

    public override IReadOnlyList<string> InputColumnNames { get; } = [.. model.Given.Select(pair => pair.Column).Append(featureColumnName).Distinct()];

    public override IReadOnlyList<DataViewSchema.DetachedColumn> GetOutputColumns(DataViewSchema inputSchema)
    {
        DataViewSchema.Column features = inputSchema.GetColumnOrNull(featureColumnName)
            ?? throw new ArgumentException($"The data has no column '{featureColumnName}', which the model reads its features from.", nameof(inputSchema));
        if (NumberColumns.Length(features.Type) != learned.FeatureCount)
        {
            throw new ArgumentException($"Column '{featureColumnName}' holds {features.Type}; the model was trained on {learned.FeatureCount} numbers.", nameof(inputSchema));
        }

        model.CheckColumns(inputSchema);
        return [.. model.Outputs.Select(column => new DataViewSchema.DetachedColumn(column.Name, column.Type))];
    }

    public override RowBatch CreateBatch(DataViewRow source, int capacity) => new ConeProgramBatch(model, source, capacity, learned, featureColumnName);
}
