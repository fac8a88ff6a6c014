using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Persistence;

namespace Microsoft.ML.Implicit.Data;

/// <summary>Which columns of long-format data, one observation a row, make up series.</summary>
/// <param name="Series">Column that names the series of a row, or <see langword="null"/> where all rows are one series.</param>
/// <param name="Time">Column of the observation's time.</param>
/// <param name="Values">Columns of values: Single, NaN where not observed, or text or a key.</param>
/// <param name="Statics">Columns of values that hold for the whole series; the first that is not missing counts.</param>
/// <param name="IsContiguous">Whether all rows of a series follow each other, so that one series at a time is held in memory.</param>
internal sealed record SeriesGrouping(string? Series, string Time, string[] Values, string[] Statics, bool IsContiguous)
{
    public IEnumerable<string> All => new[] { Series, Time }.OfType<string>().Concat(Values).Concat(Statics).Distinct();

    /// <summary>The columns of values that are numbers, in the input or the output.</summary>
    public IEnumerable<string> Numbers(DataViewSchema schema) => Values.Where(name => schema[name].Type.GetItemType().Equals(NumberDataViewType.Single));

    /// <summary>The columns of values that are names, in the input or the output.</summary>
    public IEnumerable<string> Names(DataViewSchema schema) => Values.Except(Numbers(schema));

    /// <exception cref="ArgumentException">A column is missing or has the wrong type.</exception>
    public void Check(SchemaShape schema)
    {
        if (Series is not null)
        {
            CheckSeries(schema, "seriesColumnName", Series);
        }

        CheckTime(schema, "timeColumnName", Time);
        CheckValues(schema, "valueColumnNames", Values);
        CheckValues(schema, "staticColumnNames", Statics);
    }

    /// <exception cref="ArgumentException">The column is missing or has the wrong type.</exception>
    public static void CheckSeries(SchemaShape schema, string setting, string name) =>
        InputColumns.Check(schema, setting, name, column => column.Kind == SchemaShape.Column.VectorKind.Scalar, "a key, text or a number");

    /// <exception cref="ArgumentException">The column is missing or has the wrong type.</exception>
    public static void CheckTime(SchemaShape schema, string setting, string name) =>
        InputColumns.Check(schema, setting, name, column => column.Kind == SchemaShape.Column.VectorKind.Scalar && TimeReader.IsTime(column.ItemType), TimeReader.SupportedTypes);

    private static void CheckValues(SchemaShape schema, string setting, string[] names)
    {
        foreach (string name in names)
        {
            InputColumns.Check(
                schema, setting, name, column => column.Kind == SchemaShape.Column.VectorKind.Scalar && SeriesColumns.IsNumberOrCategory(column), "Single, text or a key");
        }
    }

    public DataViewSchema GetOutputSchema(DataViewSchema input)
    {
        Check(SchemaShape.Create(input));
        var builder = new DataViewSchema.Builder();
        if (Series is not null)
        {
            builder.AddColumn(Series, input[Series].Type, input[Series].Annotations);
        }

        builder.AddColumn(Time, new VectorDataViewType(NumberDataViewType.Double), TimeKinds.Of(input[Time]).ToAnnotations());
        foreach (string name in Values)
        {
            builder.AddColumn(name, new VectorDataViewType((PrimitiveDataViewType)input[name].Type), CategoryColumn.KeyAnnotations(input[name]));
        }

        foreach (string name in Statics)
        {
            builder.AddColumn(name, input[name].Type, CategoryColumn.KeyAnnotations(input[name]));
        }

        return builder.ToSchema();
    }

    public void Write(DocumentWriter writer)
    {
        writer.Write("series_column", Series);
        new SeriesColumns(Time, Values, Statics, null, []).Write(writer);
        writer.Write("is_contiguous", IsContiguous);
    }

    /// <exception cref="FormatException">A name is missing.</exception>
    public static SeriesGrouping Read(DocumentReader reader)
    {
        SeriesColumns columns = SeriesColumns.Read(reader);
        return new SeriesGrouping(reader.OptionalText("series_column"), columns.Times, columns.Values, columns.Statics, reader.Boolean("is_contiguous"));
    }
}
