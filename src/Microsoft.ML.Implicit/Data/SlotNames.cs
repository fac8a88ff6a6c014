using Microsoft.ML.Data;

namespace Microsoft.ML.Implicit.Data;

/// <summary>Names of the slots of a vector column.</summary>
internal static class SlotNames
{
    /// <summary>All names, empty where a slot has none; no names where no slot has one.</summary>
    public static string[] Of(DataViewSchema.Column column)
    {
        if (!column.HasSlotNames())
        {
            return [];
        }

        VBuffer<ReadOnlyMemory<char>> names = default;
        column.GetSlotNames(ref names);
        return [.. names.DenseValues().Select(name => name.ToString())];
    }

    /// <summary>A slot by index, and by name where it has one.</summary>
    public static string Describe(DataViewSchema.Column column, int slot) => Of(column) is { Length: > 0 } names
        ? $"slot {slot} ('{names[slot]}')"
        : $"slot {slot}";
}
