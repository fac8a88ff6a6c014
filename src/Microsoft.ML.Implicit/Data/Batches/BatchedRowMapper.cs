using Microsoft.ML.Data;

namespace Microsoft.ML.Implicit.Data;

/// <summary>Binds a <see cref="BatchMapper"/> to single rows, as prediction engines use it.</summary>
internal sealed class BatchedRowMapper : IRowToRowMapper
{
    private readonly BatchMapper _mapper;

    public BatchedRowMapper(DataViewSchema inputSchema, BatchMapper mapper)
    {
        _mapper = mapper;
        InputSchema = inputSchema;
        OutputSchema = BatchedDataView.AppendColumns(inputSchema, mapper.GetOutputColumns(inputSchema));
    }

    public DataViewSchema InputSchema { get; }

    public DataViewSchema OutputSchema { get; }

    public IEnumerable<DataViewSchema.Column> GetDependencies(IEnumerable<DataViewSchema.Column> dependingColumns)
    {
        var needed = new SortedSet<int>();
        foreach (DataViewSchema.Column column in dependingColumns)
        {
            if (column.Index < InputSchema.Count)
            {
                needed.Add(column.Index);
            }
            else
            {
                needed.UnionWith(_mapper.InputColumnNames.Select(name => InputSchema[name].Index));
            }
        }

        return needed.Select(index => InputSchema[index]);
    }

    public DataViewRow GetRow(DataViewRow input, IEnumerable<DataViewSchema.Column> activeColumns) =>
        new BatchedRow(OutputSchema, input, _mapper, activeColumns.Select(column => column.Index).ToHashSet());
}
