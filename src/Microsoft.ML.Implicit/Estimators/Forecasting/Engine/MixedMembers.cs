using Microsoft.ML.Implicit.Data;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Members of a class that stand for columns of numbers and of categories.</summary>
internal sealed class MixedMembers
{
    private readonly Func<object, float>[] _numbers;
    private readonly Func<object, string>[] _categories;

    /// <exception cref="ArgumentException">A member is missing or has the wrong type.</exception>
    public MixedMembers(Type type, string[] columns, CategoryVocabulary[] categories)
    {
        CategoryColumn[] categorical = Array.ConvertAll(categories, vocabulary => vocabulary.Column);
        _numbers = [.. columns.Where(column => !Array.Exists(categorical, other => other.Name == column)).Select(column => ColumnMember.Find(type, column).AsNumber())];
        _categories = [.. categorical.Select(column => ColumnMember.Find(type, column.Name).AsCategory(column.IsNamed))];
    }

    public int NumberCount => _numbers.Length;

    public int CategoryCount => _categories.Length;

    public float[] ReadNumbers(object target) => Array.ConvertAll(_numbers, read => read(target));

    public string[] ReadCategories(object target) => Array.ConvertAll(_categories, read => read(target));
}
