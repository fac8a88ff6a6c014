using Microsoft.ML.Implicit.Persistence;

namespace Microsoft.ML.Implicit.Data;

/// <summary>
/// The categories of a column that training saw, each an indicator: 1 where it holds and 0 where another does, less its share of the training values. One that
/// training did not see, or that is missing, gives zeros, which stand for the average of those that it saw.
/// </summary>
/// <param name="Column">The column.</param>
/// <param name="Categories">The most frequent categories, up to <see cref="Most"/> of them, the most frequent first.</param>
/// <param name="Shares">The share of each.</param>
internal sealed record CategoryVocabulary(CategoryColumn Column, string[] Categories, float[] Shares)
{
    /// <summary>Rarer categories than so many are not told apart from ones that training did not see.</summary>
    public const int Most = 100;

    private readonly Dictionary<string, int> _places = Categories.Index().ToDictionary(entry => entry.Item, entry => entry.Index);

    public int Count => Categories.Length;

    public static CategoryVocabulary Learn(CategoryColumn column, IEnumerable<string> categories)
    {
        (string Category, int Count)[] counts =
        [
            .. categories.Where(category => category.Length > 0).CountBy(category => category).Select(pair => (pair.Key, pair.Value))
                .OrderByDescending(pair => pair.Value).ThenBy(pair => pair.Key, StringComparer.Ordinal),
        ];
        double total = counts.Sum(pair => (double)pair.Count);
        return new CategoryVocabulary(column, [.. counts.Take(Most).Select(pair => pair.Category)], [.. counts.Take(Most).Select(pair => (float)(pair.Count / total))]);
    }

    /// <summary>The indicators of a value that holds for a whole series.</summary>
    public float[] Encode(string category)
    {
        bool isKnown = _places.TryGetValue(category, out int place);
        return [.. Shares.Select((share, i) => !isKnown ? 0 : (i == place ? 1 : 0) - share)];
    }

    /// <summary>The indicators of values that hold until the next: a function of time for each category. A missing value repeats the one before it.</summary>
    public IEnumerable<StepFunction> Encode(double[] times, string[] categories)
    {
        int?[] places = Array.ConvertAll(categories, category => _places.TryGetValue(category, out int place) ? place : (int?)null);
        return Shares.Select((share, i) => new StepFunction(times, [.. categories.Zip(places, (category, place) => Indicator(category, place, i, share))], share, scale: 1));

        static float Indicator(string category, int? place, int index, float share) => place is { } known ? (known == index ? 1 : 0) : category.Length == 0 ? float.NaN : share;
    }

    public void Write(DocumentWriter writer)
    {
        writer.Write("column", Column.Name);
        writer.Write("is_named", Column.IsNamed);
        writer.Write("categories", Categories);
        writer.Write("shares", Array.ConvertAll(Shares, share => (double)share));
    }

    /// <exception cref="FormatException">Categories repeat each other or have no name, or their shares are none.</exception>
    public static CategoryVocabulary Read(DocumentReader reader)
    {
        string[] categories = reader.Texts("categories");
        float[] shares = Array.ConvertAll(reader.Doubles("shares"), share => (float)share);
        return categories.Length == shares.Length && categories.Length <= Most && categories.Distinct().Count() == categories.Length && !categories.Contains(string.Empty)
            && Array.TrueForAll(shares, share => share is > 0 and <= 1)
            ? new CategoryVocabulary(new CategoryColumn(reader.Text("column"), reader.Boolean("is_named")), categories, shares)
            : throw new FormatException("The model file describes impossible categories.");
    }
}
