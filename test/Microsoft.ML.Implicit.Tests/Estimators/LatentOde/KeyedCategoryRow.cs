using Microsoft.ML.Data;

namespace Microsoft.ML.Implicit.Tests.Estimators.LatentOde;

/// <summary>A <see cref="CategoryRow"/> whose categories are keys without values.</summary>
internal sealed class KeyedCategoryRow
{
    public KeyedCategoryRow(CategoryRow row)
    {
        (Time, Level) = (row.Time, row.Level);
        Kind = (uint)Array.IndexOf(CategoryRow.Kinds, row.Kind);
        Mode = [.. row.Mode.Select(mode => mode == "on" ? 0u : 1u)];
    }

    public double[] Time { get; set; }

    public float[] Level { get; set; }

    [KeyType(3)]
    public uint Kind { get; set; }

    [KeyType(2)]
    public uint[] Mode { get; set; }
}
