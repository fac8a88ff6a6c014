using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Persistence;

namespace Microsoft.ML.Implicit.Data;

/// <summary>Names of the columns that make up a series in a row.</summary>
internal sealed record SeriesColumns(string Times, string[] Values, string[] Statics, string? CovariateTimes, string[] Covariates)
{
    public IEnumerable<string> All
    {
        get
        {
            IEnumerable<string> names = [Times, .. Values, .. Statics, .. Covariates];
            return (CovariateTimes is null ? names : names.Append(CovariateTimes)).Distinct();
        }
    }

    /// <exception cref="ArgumentException">A column is missing or has the wrong type.</exception>
    public void Check(SchemaShape schema)
    {
        CheckTimes(schema, Times);
        foreach (string name in Values)
        {
            Check(schema, name, column => column.Kind != SchemaShape.Column.VectorKind.Scalar && IsNumber(column), "a vector of Single");
        }

        foreach (string name in Covariates)
        {
            Check(schema, name, column => column.Kind != SchemaShape.Column.VectorKind.Scalar && IsNumberOrCategory(column), "a vector of Single, text or keys");
        }

        foreach (string name in Statics)
        {
            Check(schema, name, column => column.Kind == SchemaShape.Column.VectorKind.Scalar && IsNumberOrCategory(column), "Single, text or a key");
        }

        if (CovariateTimes is not null)
        {
            CheckTimes(schema, CovariateTimes);
        }
    }

    public static bool IsNumberOrCategory(SchemaShape.Column column) => IsNumber(column) || column.IsKey || column.ItemType is TextDataViewType;

    public static void CheckTimes(SchemaShape schema, string name) =>
        Check(schema, name, column => column.Kind != SchemaShape.Column.VectorKind.Scalar && TimeReader.IsTime(column.ItemType), $"a vector of {TimeReader.SupportedTypes}");

    public static void Check(SchemaShape schema, string name, Func<SchemaShape.Column, bool> isValid, string expected)
    {
        if (!schema.TryFindColumn(name, out SchemaShape.Column column))
        {
            throw new ArgumentException($"The data has no column '{name}'.", nameof(schema));
        }

        if (!isValid(column))
        {
            throw new ArgumentException($"Column '{name}' holds {column.GetTypeString()}; expected {expected}.", nameof(schema));
        }
    }

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
