namespace Microsoft.ML.Implicit.Data;

/// <summary>Which of the columns of series hold categories.</summary>
/// <param name="Statics">Those of what holds for a whole series.</param>
/// <param name="Covariates">Those of covariates known ahead.</param>
internal sealed record CategoryColumns(CategoryColumn[] Statics, CategoryColumn[] Covariates)
{
    public static CategoryColumns None { get; } = new([], []);

    public static CategoryColumns Of(SeriesColumns columns, DataViewSchema schema)
    {
        return new CategoryColumns(Find(columns.Statics), Find(columns.Covariates));

        CategoryColumn[] Find(string[] names) => [.. names.Select(name => CategoryColumn.Of(schema[name])).OfType<CategoryColumn>()];
    }
}
