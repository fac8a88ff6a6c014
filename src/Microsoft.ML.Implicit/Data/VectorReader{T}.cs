using Microsoft.ML.Data;

namespace Microsoft.ML.Implicit.Data;

/// <summary>
/// Reads a vector column row by row. A row can hold another number of values than the column's type declares, such as none for an
/// array that is null; it is refused, for what a buffer holds of the row before must not be taken for its values.
/// </summary>
/// <typeparam name="T">The .NET type of a value.</typeparam>
internal sealed class VectorReader<T>
{
    private readonly DataViewRow _row;
    private readonly DataViewSchema.Column _column;
    private readonly ValueGetter<VBuffer<T>> _getter;
    private VBuffer<T> _buffer;

    public VectorReader(DataViewRow row, DataViewSchema.Column column)
        : this(row, column, row.GetGetter<VBuffer<T>>(column))
    {
    }

    /// <summary>Converts values to a type.</summary>
    public VectorReader(DataViewRow row, DataViewSchema.Column column, PrimitiveDataViewType type)
        : this(row, column, RowCursorUtils.GetVecGetterAs<T>(type, row, column.Index))
    {
    }

    private VectorReader(DataViewRow row, DataViewSchema.Column column, ValueGetter<VBuffer<T>> getter)
    {
        _row = row;
        _column = column;
        _getter = getter;
        Length = column.Type.GetVectorSize();
    }

    /// <summary>Number of values that the column's type declares, or 0 where it varies.</summary>
    public int Length { get; }

    /// <summary>Reads the current row's vector, which stays as it is until the next call.</summary>
    /// <exception cref="InvalidOperationException">The vector has another length than the column's type declares.</exception>
    public VBuffer<T> Read()
    {
        _getter(ref _buffer);
        return Length == 0 || _buffer.Length == Length
            ? _buffer
            : throw new InvalidOperationException($"Column '{_column.Name}', row {_row.Position} holds {_buffer.Length} values; the column's type declares {Length}.");
    }

    /// <summary>Copies the current row's vector, zeros included.</summary>
    /// <exception cref="InvalidOperationException">The vector has another length than the column's type declares.</exception>
    public T[] ReadArray()
    {
        VBuffer<T> vector = Read();
        var values = new T[vector.Length];
        vector.CopyTo(values);
        return values;
    }

    /// <summary>Copies the current row's vector, zeros included, to a target of <see cref="Length"/> values.</summary>
    /// <exception cref="InvalidOperationException">The vector has another length than the column's type declares.</exception>
    public void Read(Span<T> target) => Read().CopyTo(target);
}
