using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Persistence;

namespace Microsoft.ML.Implicit.Data;

/// <summary>Names of the columns that make up a series in a row.</summary>
internal sealed record SeriesColumns(string Times, string[] Values, string[] Statics, string? CovariateTimes, string[] Covariates)
{
    /// <summary>The options that name them.</summary>
    public SeriesSettings Settings { get; init; } = SeriesSettings.Usual;

    public IEnumerable<string> All => Named.Select(column => column.Column).OfType<string>().Distinct();

    /// <summary>All, each with the option that names it.</summary>
    public IEnumerable<(string Setting, string? Column)> Named => [.. Values.Select((name, i) => (Settings.Value(i), (string?)name)), .. PredictedFrom];

    /// <summary>All but the values, likewise.</summary>
    public IEnumerable<(string Setting, string? Column)> PredictedFrom =>
    [
        .. Statics.Select(name => (Settings.Statics, (string?)name)),
        .. Covariates.Select(name => (Settings.Covariates, (string?)name)),
        (Settings.Times, Times),
        (Settings.CovariateTimes, CovariateTimes),
    ];

    /// <exception cref="ArgumentException">A column is missing or has the wrong type.</exception>
    public void Check(SchemaShape schema)
    {
        CheckTimes(schema, Settings.Times, Times);
        for (int i = 0; i < Values.Length; i++)
        {
            InputColumns.Check(schema, Settings.Value(i), Values[i], column => column.Kind != SchemaShape.Column.VectorKind.Scalar && IsNumber(column), "a vector of Single");
        }

        foreach (string name in Covariates)
        {
            InputColumns.Check(
                schema, Settings.Covariates, name, column => column.Kind != SchemaShape.Column.VectorKind.Scalar && IsNumberOrCategory(column), "a vector of Single, text or keys");
        }

        foreach (string name in Statics)
        {
            InputColumns.Check(schema, Settings.Statics, name, column => column.Kind == SchemaShape.Column.VectorKind.Scalar && IsNumberOrCategory(column), "Single, text or a key");
        }

        if (CovariateTimes is not null)
        {
            CheckTimes(schema, Settings.CovariateTimes, CovariateTimes);
        }
    }

    public static bool IsNumberOrCategory(SchemaShape.Column column) => IsNumber(column) || column.IsKey || column.ItemType is TextDataViewType;

    public static void CheckTimes(SchemaShape schema, string setting, string name) => InputColumns.Check(
        schema, setting, name, column => column.Kind != SchemaShape.Column.VectorKind.Scalar && TimeReader.IsTime(column.ItemType), $"a vector of {TimeReader.SupportedTypes}");

    public void Write(DocumentWriter writer)
    {
        writer.Write("time_column", Times);
        writer.Write("value_columns", Values);
        writer.Write("static_columns", Statics);
        writer.Write("covariate_time_column", CovariateTimes);
        writer.Write("covariate_columns", Covariates);
    }

    /// <exception cref="FormatException">A name is missing.</exception>
    public static SeriesColumns Read(DocumentReader reader) => new(
        reader.Text("time_column"), reader.Texts("value_columns"), reader.Texts("static_columns"), reader.OptionalText("covariate_time_column"), reader.Texts("covariate_columns"));

    private static bool IsNumber(SchemaShape.Column column) => column.ItemType.Equals(NumberDataViewType.Single);
}
