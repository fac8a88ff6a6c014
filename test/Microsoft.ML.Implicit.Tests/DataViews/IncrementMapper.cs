using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Data;

namespace Microsoft.ML.Implicit.Tests.DataViews;

/// <summary>Adds one to a column of numbers, in batches of eight, and a row to what it counts.</summary>
internal sealed class IncrementMapper(string input, string output) : BatchMapper
{
    public const int Rows = 8;

    public override int BatchSize => Rows;

    public override IReadOnlyList<string> InputColumnNames { get; } = [input];

    /// <summary>Rows evaluated.</summary>
    public int Evaluated { get; set; }

    /// <summary>A number that is refused as it is read.</summary>
    public float? Refused { get; init; }

    public override IReadOnlyList<DataViewSchema.DetachedColumn> GetOutputColumns(DataViewSchema inputSchema) =>
        [new DataViewSchema.DetachedColumn(output, NumberDataViewType.Single)];

    public override RowBatch CreateBatch(DataViewRow source, int capacity) => new IncrementBatch(this, source.GetGetter<float>(source.Schema[input]), capacity);
}
