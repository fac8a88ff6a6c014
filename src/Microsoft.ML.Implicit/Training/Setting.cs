namespace Microsoft.ML.Implicit.Training;

/// <summary>Checks of settings.</summary>
internal static class Setting
{
    /// <exception cref="ArgumentException">The condition does not hold; the message names the setting.</exception>
    public static void Require(bool condition, string setting, string message)
    {
        if (!condition)
        {
            throw new ArgumentException($"{setting} {message}.", setting.Split('.')[^1]);
        }
    }

    /// <summary>Checks that no column to predict is one to predict from, which would be all that is learned.</summary>
    /// <exception cref="ArgumentException">One is; the message names both settings.</exception>
    public static void RequireApart(IEnumerable<(string Setting, string? Column)> labels, IEnumerable<(string Setting, string? Column)> inputs)
    {
        ILookup<string, string> predicted = labels.Where(label => label.Column is not null).ToLookup(label => label.Column!, label => label.Setting);
        foreach ((string setting, string? column) in inputs)
        {
            string? label = column is null ? null : predicted[column].FirstOrDefault();
            Require(label is null, setting, $"names column '{column}', which is what {label} names to be predicted, and cannot be predicted from");
        }
    }

    /// <summary>Checks the names of columns to write; <see langword="null"/> names none.</summary>
    /// <exception cref="ArgumentException">A name is empty, or two are the same: the second column would hide the first.</exception>
    public static void RequireColumns(IEnumerable<(string Setting, string? Column)> columns)
    {
        var settings = new Dictionary<string, string>();
        foreach ((string setting, string? column) in columns)
        {
            if (column is not null)
            {
                Require(column.Length > 0, setting, "must be the name of a column, or null for none");
                Require(settings.TryAdd(column, setting), setting, $"names column '{column}', which {settings[column]} names too");
            }
        }
    }
}
