using System.Numerics;
using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Data;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Columns of Single or Double, scalar or vector, read as float64.</summary>
internal static class NumberColumns
{
    /// <summary>Number of values a row, or 0 for a column that does not hold numbers or whose length varies.</summary>
    public static int Length(DataViewType type) => type switch
    {
        VectorDataViewType vector => IsNumber(vector.ItemType) ? vector.Size : 0,
        _ => IsNumber(type) ? 1 : 0,
    };

    public static bool IsNumber(DataViewType type) => type.Equals(NumberDataViewType.Single) || type.Equals(NumberDataViewType.Double);

    /// <exception cref="ArgumentException">The column is missing, or holds no numbers or vectors of unknown size.</exception>
    public static void Check(SchemaShape schema, string setting, string name) => InputColumns.Check(
        schema,
        setting,
        name,
        column => IsNumber(column.ItemType) && !column.IsKey && column.Kind != SchemaShape.Column.VectorKind.VariableVector,
        "Single or Double, a scalar or a vector of known size");

    /// <summary>Creates a reader of a column for which <see cref="Length"/> is positive.</summary>
    public static NumberReader CreateReader(DataViewRow row, DataViewSchema.Column column)
    {
        bool isSingle = column.Type.GetItemType().Equals(NumberDataViewType.Single);
        return column.Type is VectorDataViewType
            ? isSingle ? Vector(new VectorReader<float>(row, column)) : Vector(new VectorReader<double>(row, column))
            : isSingle ? Scalar(row.GetGetter<float>(column)) : Scalar(row.GetGetter<double>(column));
    }

    private static NumberReader Scalar<T>(ValueGetter<T> getter)
        where T : struct, INumberBase<T> => target =>
    {
        T value = default;
        getter(ref value);
        target[0] = double.CreateChecked(value);
    };

    private static NumberReader Vector<T>(VectorReader<T> reader)
        where T : INumberBase<T> => target =>
    {
        VBuffer<T> vector = reader.Read();
        ReadOnlySpan<T> values = vector.GetValues();
        if (!vector.IsDense)
        {
            target.Clear();
        }

        ReadOnlySpan<int> indices = vector.GetIndices();
        for (int i = 0; i < values.Length; i++)
        {
            target[vector.IsDense ? i : indices[i]] = double.CreateChecked(values[i]);
        }
    };
}
