namespace Microsoft.ML.Implicit.Data;

/// <summary>Reads which group a row belongs to.</summary>
internal sealed class GroupReader
{
    private readonly DataViewRow _row;
    private readonly DataViewSchema.Column _column;
    private readonly Func<string> _readName;
    private readonly List<string> _names;
    private readonly Dictionary<string, int> _places = [];

    /// <param name="row">Where rows are read.</param>
    /// <param name="column">Text, a key or a number.</param>
    /// <param name="names">Receives the name of each group that is new.</param>
    public GroupReader(DataViewRow row, DataViewSchema.Column column, List<string> names) =>
        (_row, _column, _readName, _names) = (row, column, GroupName.CreateReader(row, column), names);

    /// <exception cref="InvalidOperationException">The current row names no group.</exception>
    public long Read()
    {
        string name = _readName();
        if (name.Length == 0)
        {
            throw new InvalidOperationException($"Column '{_column.Name}', row {_row.Position} is missing: it must name what the row belongs to.");
        }

        if (!_places.TryGetValue(name, out int place))
        {
            _places.Add(name, place = _places.Count);
            _names.Add(name);
        }

        return place;
    }
}
