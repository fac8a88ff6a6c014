using Microsoft.ML.Data;

namespace Microsoft.ML.Implicit.Data;

/// <summary>Describes output columns of a trained model with the annotations that ML.NET's evaluators look for.</summary>
internal static class ScoreColumns
{
    /// <summary>Number of the next set of score columns: one more than the highest in the schema.</summary>
    public static uint NextSetId(DataViewSchema schema) =>
        schema.GetMaxAnnotationKind(out _, AnnotationUtils.Kinds.ScoreColumnSetId) + 1;

    /// <summary>Describes one column.</summary>
    /// <param name="name">Column name.</param>
    /// <param name="type">Column type.</param>
    /// <param name="setId">Number of the set of score columns.</param>
    /// <param name="scoreKind">Task, such as <c>MulticlassClassification</c>.</param>
    /// <param name="valueKind">Meaning, such as <c>Score</c>.</param>
    /// <param name="addAnnotations">Adds further annotations.</param>
    public static DataViewSchema.DetachedColumn Create(
        string name,
        DataViewType type,
        uint setId,
        string scoreKind,
        string valueKind,
        Action<DataViewSchema.Annotations.Builder>? addAnnotations = null)
    {
        var builder = new DataViewSchema.Annotations.Builder();
        builder.Add(AnnotationUtils.Kinds.ScoreColumnSetId, AnnotationUtils.ScoreColumnSetIdType, (ref uint value) => value = setId);
        builder.Add(AnnotationUtils.Kinds.ScoreColumnKind, TextDataViewType.Instance, (ref ReadOnlyMemory<char> value) => value = scoreKind.AsMemory());
        builder.Add(AnnotationUtils.Kinds.ScoreValueKind, TextDataViewType.Instance, (ref ReadOnlyMemory<char> value) => value = valueKind.AsMemory());
        addAnnotations?.Invoke(builder);
        return new DataViewSchema.DetachedColumn(name, type, builder.ToAnnotations());
    }
}
