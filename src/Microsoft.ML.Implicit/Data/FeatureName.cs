using Microsoft.ML.Data;

namespace Microsoft.ML.Implicit.Data;

/// <summary>Names for the slots of a feature column: their own, or by place where they have none.</summary>
internal static class FeatureName
{
    public static string[] Of(DataViewSchema.Column column)
    {
        string[] names = SlotNames.Of(column);
        return [.. Enumerable.Range(0, column.Type.GetVectorSize()).Select(slot => names.Length > slot && names[slot].Length > 0 ? names[slot] : $"{column.Name}[{slot}]")];
    }
}
