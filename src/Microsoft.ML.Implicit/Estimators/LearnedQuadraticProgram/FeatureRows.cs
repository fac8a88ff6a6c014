using Microsoft.ML.Implicit.Data;
using Microsoft.ML.Implicit.Solvers;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Reads features row by row into one buffer, and tells apart the rows that have all of them.</summary>
internal sealed class FeatureRows
{
    private readonly DataViewRow _source;
    private readonly DataViewSchema.Column? _column;
    private readonly NumberReader? _read;
    private readonly NumberRows _values;
    private readonly bool[] _isFinite;

    /// <param name="source">Where rows are read.</param>
    /// <param name="columnName">Feature column, or null where none is read.</param>
    /// <param name="width">Features a row.</param>
    /// <param name="capacity">Number of slots.</param>
    public FeatureRows(DataViewRow source, string? columnName, int width, int capacity)
    {
        _source = source;
        _column = columnName is null ? null : source.Schema[columnName];
        _read = _column is { } column ? NumberColumns.CreateReader(source, column) : null;
        _values = new NumberRows(width, capacity);
        _isFinite = new bool[capacity];
    }

    /// <summary>Reads the source's current row.</summary>
    /// <param name="slot">Where it is put.</param>
    /// <param name="handling">What becomes of a row without all features.</param>
    /// <exception cref="SolveFailedException">A feature is NaN or infinite, and that is to be an error.</exception>
    public void Read(int slot, UnsolvedRowHandling handling)
    {
        Span<double> row = _values[slot];
        _read?.Invoke(row);
        int fault = 0;
        while (fault < row.Length && double.IsFinite(row[fault]))
        {
            fault++;
        }

        _isFinite[slot] = fault == row.Length;
        if (!_isFinite[slot] && handling == UnsolvedRowHandling.Throw)
        {
            throw new SolveFailedException(
                $"Row {_source.Position}: column '{_column!.Value.Name}', {SlotNames.Describe(_column.Value, fault)}, is {row[fault]}. A decision needs all features: replace those that are missing or infinite.",
                SolveStatus.InvalidInput,
                (int)_source.Position);
        }
    }

    /// <summary>Those of the first slots whose rows have all features.</summary>
    public int[] Complete(int count) => [.. Enumerable.Range(0, count).Where(slot => _isFinite[slot])];

    /// <summary>The features of some slots: float64 [slots, width].</summary>
    public Tensor ToTensor(int[] slots) => _values.ToTensor(slots);
}
