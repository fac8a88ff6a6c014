namespace Microsoft.ML.Implicit.Data;

/// <summary>Reads example weights row by row.</summary>
internal sealed class WeightReader
{
    private readonly DataViewRow _row;
    private readonly DataViewSchema.Column _column;
    private readonly ValueGetter<float> _getter;

    public WeightReader(DataViewRow row, DataViewSchema.Column column)
    {
        _row = row;
        _column = column;
        _getter = row.GetGetter<float>(column);
    }

    /// <exception cref="InvalidOperationException">The current row's weight is negative or not finite.</exception>
    public float Read()
    {
        float value = 0;
        _getter(ref value);
        return float.IsFinite(value) && value >= 0
            ? value
            : throw new InvalidOperationException($"Column '{_column.Name}', row {_row.Position} is {value}; example weights must be finite and not negative.");
    }
}
