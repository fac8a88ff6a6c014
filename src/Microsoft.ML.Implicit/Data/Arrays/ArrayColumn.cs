using System.Numerics;

namespace Microsoft.ML.Implicit.Data;

/// <summary>A column of an <see cref="ArrayDataView"/>.</summary>
/// <param name="Source">The column whose name, type and annotations it has.</param>
/// <param name="CreateGetter">Creates a getter of the value in a row.</param>
internal sealed record ArrayColumn(DataViewSchema.Column Source, Func<Func<int>, Delegate> CreateGetter)
{
    /// <summary>Numbers.</summary>
    public static ArrayColumn OfNumbers(DataViewSchema.Column source, float[] values) => new(source, row => (ValueGetter<float>)((ref float value) => value = values[row()]));

    /// <summary>Vectors, each of the length that the column's type declares.</summary>
    public static ArrayColumn OfVectors(DataViewSchema.Column source, float[][] values) => new(source, row => VectorGetter.Create(() => values[row()]));

    /// <summary>Labels: numbers, 0 or 1 for a Boolean, or the places of keys from 0.</summary>
    public static ArrayColumn OfLabels(DataViewSchema.Column source, float[] labels) => source.Type.RawType switch
    {
        Type type when type == typeof(float) => OfNumbers(source, labels),
        Type type when type == typeof(bool) => new ArrayColumn(source, row => (ValueGetter<bool>)((ref bool value) => value = labels[row()] != 0)),
        Type type when type == typeof(byte) => OfKeys<byte>(source, labels),
        Type type when type == typeof(ushort) => OfKeys<ushort>(source, labels),
        Type type when type == typeof(uint) => OfKeys<uint>(source, labels),
        _ => OfKeys<ulong>(source, labels),
    };

    private static ArrayColumn OfKeys<T>(DataViewSchema.Column source, float[] labels)
        where T : INumberBase<T> => new(source, row => (ValueGetter<T>)((ref T value) => value = T.CreateChecked(labels[row()] + 1)));
}
