using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Data;
using Microsoft.ML.Implicit.Persistence;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>The columns that bits are read from.</summary>
/// <param name="Bits">Column of bits.</param>
/// <param name="Known">Column of which of them are known, or <see langword="null"/> where those that are not NaN are.</param>
internal sealed record BitColumns(string Bits, string? Known)
{
    public IReadOnlyList<string> Names { get; } = [.. new[] { Bits, Known }.OfType<string>().Distinct()];

    /// <exception cref="ArgumentException">A column is missing, or of the wrong type.</exception>
    public void Check(SchemaShape schema)
    {
        InputColumns.CheckVector(schema, nameof(MaximumSatisfiabilityOptions.BitColumnName), Bits);
        if (Known is not null)
        {
            InputColumns.Check(
                schema,
                nameof(MaximumSatisfiabilityOptions.KnownColumnName),
                Known,
                column => column.Kind == SchemaShape.Column.VectorKind.Vector && !column.IsKey && IsMask(column.ItemType),
                "a vector of Single or Boolean of known size");
        }
    }

    /// <summary>Number of bits, which the mask must have too.</summary>
    /// <param name="schema">Has columns of the right types.</param>
    /// <param name="length">Number of bits that there must be; 0 for any.</param>
    /// <exception cref="ArgumentException">A column is missing, or of the wrong type or length.</exception>
    public int Length(DataViewSchema schema, int length = 0)
    {
        int bits = length > 0 ? InputColumns.FindVector(schema, Bits, length).Type.GetVectorSize() : schema[Bits].Type.GetVectorSize();
        if (Known is null)
        {
            return bits;
        }

        DataViewSchema.Column known = schema.GetColumnOrNull(Known)
            ?? throw new ArgumentException($"The data has no column '{Known}', which says which bits are known.", nameof(schema));
        return known.Type is VectorDataViewType type && type.Size == bits && IsMask(type.ItemType)
            ? bits
            : throw new ArgumentException($"Column '{Known}' holds {known.Type}; it must say of each of the {bits} bits of column '{Bits}', as Single or Boolean, whether it is known.", nameof(schema));
    }

    public void Write(DocumentWriter writer)
    {
        writer.Write("bit_column", Bits);
        writer.Write("known_column", Known);
    }

    public static BitColumns Read(DocumentReader reader) => new(reader.Text("bit_column"), reader.OptionalText("known_column"));

    private static bool IsMask(DataViewType type) => type.Equals(NumberDataViewType.Single) || type.Equals(BooleanDataViewType.Instance);
}
