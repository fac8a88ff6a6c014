using Microsoft.ML.Data;

namespace Microsoft.ML.Implicit.Data;

/// <summary>A column of categories: text or keys.</summary>
/// <param name="Name">Its name.</param>
/// <param name="IsNamed">Whether categories have names, as texts and keys with values do; otherwise they are told by the numbers of keys.</param>
internal sealed record CategoryColumn(string Name, bool IsNamed)
{
    /// <summary>The column as one of categories, or <see langword="null"/> if it holds none.</summary>
    public static CategoryColumn? Of(DataViewSchema.Column column) => column.Type.GetItemType() switch
    {
        TextDataViewType => new CategoryColumn(column.Name, IsNamed: true),
        KeyDataViewType => new CategoryColumn(column.Name, LabelValues.Of(column) is not null),
        _ => null,
    };

    /// <summary>What names the values of a column of keys; <see langword="null"/> for other columns.</summary>
    public static DataViewSchema.Annotations? KeyAnnotations(DataViewSchema.Column column) => column.Type is KeyDataViewType ? column.Annotations : null;

    /// <summary>What it holds, for a message.</summary>
    public string Describe() => IsNamed ? "text or keys with values" : "keys without values";
}
