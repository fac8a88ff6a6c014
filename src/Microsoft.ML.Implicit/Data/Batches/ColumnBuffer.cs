using System.Reflection;
using Microsoft.ML.Data;

namespace Microsoft.ML.Implicit.Data;

/// <summary>A column's values in the rows of a batch, copied from a source that moves on.</summary>
internal abstract class ColumnBuffer
{
    /// <summary>
    /// Whether values of a type can be copied. Primitive values and their vectors can, whoever reads them; any other value, such as an
    /// image, may belong to its reader, who may change it or dispose of it.
    /// </summary>
    public static bool CanHold(DataViewType type) => type is PrimitiveDataViewType or VectorDataViewType;

    /// <summary>Creates a buffer for a column of a type that <see cref="CanHold"/> approves of.</summary>
    public static ColumnBuffer Create(DataViewRow source, DataViewSchema.Column column, int capacity)
    {
        Type type = column.Type is VectorDataViewType vector
            ? typeof(VectorBuffer<>).MakeGenericType(vector.ItemType.RawType)
            : typeof(PrimitiveBuffer<>).MakeGenericType(column.Type.RawType);
        const BindingFlags flags = BindingFlags.Public | BindingFlags.Instance | BindingFlags.DoNotWrapExceptions;
        return (ColumnBuffer)Activator.CreateInstance(type, flags, binder: null, [source, column, capacity], culture: null)!;
    }

    /// <summary>Copies the value in the source's current row into a slot.</summary>
    public abstract void Read(int slot);

    /// <summary>Creates a <see cref="ValueGetter{TValue}"/>.</summary>
    /// <param name="slot">Gives the slot to read at each call.</param>
    public abstract Delegate CreateGetter(Func<int> slot);
}
