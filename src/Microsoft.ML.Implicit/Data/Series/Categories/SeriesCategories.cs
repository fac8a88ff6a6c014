using Microsoft.ML.Implicit.Persistence;

namespace Microsoft.ML.Implicit.Data;

/// <summary>What training saw in the columns of series that hold categories.</summary>
/// <param name="Statics">The columns of what holds for a whole series.</param>
/// <param name="Covariates">The columns of covariates known ahead.</param>
internal sealed record SeriesCategories(CategoryVocabulary[] Statics, CategoryVocabulary[] Covariates)
{
    public static SeriesCategories None { get; } = new([], []);

    public static SeriesCategories Learn(IReadOnlyList<TimeSeries> series, CategoryColumns columns) => new(
        [.. columns.Statics.Select((column, i) => CategoryVocabulary.Learn(column, series.Select(s => s.StaticCategories[i])))],
        [.. columns.Covariates.Select((column, i) => CategoryVocabulary.Learn(column, series.SelectMany(s => s.CovariateCategories[i])))]);

    /// <summary>Checks that columns hold what they held in training.</summary>
    /// <param name="input">All columns.</param>
    /// <param name="columns">Those of categories.</param>
    /// <exception cref="ArgumentException">One holds something else.</exception>
    public void Check(SeriesColumns input, CategoryColumns columns)
    {
        Check(input.Statics, Statics, columns.Statics);
        Check(input.Covariates, Covariates, columns.Covariates);
    }

    /// <summary>Whether its columns are among those of series.</summary>
    public bool Fits(SeriesColumns input, int numericStatics, int numericCovariates) =>
        AreAmong(input.Statics, Statics, numericStatics) && AreAmong(input.Covariates, Covariates, numericCovariates);

    public void Write(DocumentWriter writer)
    {
        Write(writer, "statics", Statics);
        Write(writer, "covariates", Covariates);
    }

    /// <exception cref="FormatException">A column's categories are impossible.</exception>
    public static SeriesCategories Read(DocumentReader reader) => new(Read(reader, "statics"), Read(reader, "covariates"));

    private static void Check(string[] names, CategoryVocabulary[] known, CategoryColumn[] columns)
    {
        foreach (string name in names)
        {
            CategoryColumn? trained = Array.Find(known, vocabulary => vocabulary.Column.Name == name)?.Column;
            CategoryColumn? given = Array.Find(columns, column => column.Name == name);
            if (trained != given)
            {
                throw new ArgumentException($"Column '{name}' holds {Describe(given)}; the model was trained on {Describe(trained)}.");
            }
        }
    }

    private static string Describe(CategoryColumn? column) => column?.Describe() ?? "numbers";

    private static bool AreAmong(string[] names, CategoryVocabulary[] vocabularies, int numeric) =>
        names.Length == numeric + vocabularies.Length && Array.TrueForAll(vocabularies, vocabulary => names.Contains(vocabulary.Column.Name));

    private static void Write(DocumentWriter writer, string name, CategoryVocabulary[] vocabularies)
    {
        // Models without categories are written as before there were any.
        if (vocabularies.Length > 0)
        {
            writer.Write(name, vocabularies.Length);
        }

        for (int i = 0; i < vocabularies.Length; i++)
        {
            vocabularies[i].Write(writer.Section($"{name}{i}"));
        }
    }

    private static CategoryVocabulary[] Read(DocumentReader reader, string name)
    {
        int count = reader.OptionalText(name) is null ? 0 : reader.Int32(name);
        return count >= 0
            ? [.. Enumerable.Range(0, count).Select(i => CategoryVocabulary.Read(reader.Section($"{name}{i}")))]
            : throw new FormatException("The model file describes impossible categories.");
    }
}
