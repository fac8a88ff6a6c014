using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Reads the columns of a quadratic program row by row into one buffer.</summary>
internal sealed class ProgramRows
{
    private readonly (NumberReader Read, int Start, int Length)[] _readers;
    private readonly DataViewRow _source;
    private readonly NumberRows _values;
    private readonly long[] _positions;

    public ProgramRows(QuadraticBinding binding, DataViewRow source, int capacity)
    {
        _source = source;
        _readers = [.. binding.Columns.Select(column => (NumberColumns.CreateReader(source, source.Schema[column.Name]), column.Start, column.Length))];
        _values = new NumberRows(binding.Width, capacity);
        _positions = new long[capacity];
    }

    public void Read(int slot)
    {
        _positions[slot] = _source.Position;
        Span<double> row = _values[slot];
        foreach ((NumberReader read, int start, int length) in _readers)
        {
            read(row.Slice(start, length));
        }
    }

    /// <summary>The numbers read into a slot.</summary>
    public ReadOnlySpan<double> Row(int slot) => _values[slot];

    /// <summary>Positions of the rows read into the first slots.</summary>
    public ReadOnlySpan<long> Positions(int count) => _positions.AsSpan(0, count);

    /// <summary>The rows read into some slots: float64 [slots, width].</summary>
    public Tensor ToTensor(int[] slots) => _values.ToTensor(slots);
}
