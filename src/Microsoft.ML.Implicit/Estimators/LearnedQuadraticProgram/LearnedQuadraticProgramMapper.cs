using Microsoft.ML.Implicit.Data;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Maps batches of features to decisions.</summary>
internal sealed partial class LearnedQuadraticProgramMapper(LearnedQuadraticProgramScheme scheme, LearnedQuadraticProgramModelParameters model) : BatchMapper
{
    public override int BatchSize => 256;

    public override IReadOnlyList<string> InputColumnNames { get; } =
        [.. scheme.Template.ColumnNames.Concat(scheme.FeatureColumnName is null ? [] : [scheme.FeatureColumnName]).Distinct()];

    public override IReadOnlyList<DataViewSchema.DetachedColumn> GetOutputColumns(DataViewSchema inputSchema)
    {
        if (scheme.FeatureColumnName is { } name)
        {
            DataViewSchema.Column features = inputSchema.GetColumnOrNull(name)
                ?? throw new ArgumentException($"The data has no column '{name}', which the model reads its features from.", nameof(inputSchema));
            int length = NumberColumns.Length(features.Type);
            if (length != model.FeatureCount)
            {
                throw new ArgumentException($"Column '{name}' holds {features.Type}; the model was trained on {model.FeatureCount} numbers.", nameof(inputSchema));
            }
        }

        return scheme.Outputs.Describe(new QuadraticBinding(scheme.Template, inputSchema, model.VariableCount), scheme.NamesIn(inputSchema));
    }

    public override RowBatch CreateBatch(DataViewRow source, int capacity) => new LearnedQuadraticProgramBatch(scheme, model, source, capacity);
}
