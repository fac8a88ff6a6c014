namespace Microsoft.ML.Implicit.Data;

/// <summary>Rows that are read as training rows are, but by which a training is judged.</summary>
internal static class ValidationRows
{
    /// <summary>Checks that keys stand for the same classes as in the training rows: they are read by number.</summary>
    /// <param name="training">Schema of the training rows.</param>
    /// <param name="validation">Schema of the validation rows.</param>
    /// <param name="labelColumns">Columns of labels, of which those without names for their keys are passed over.</param>
    /// <exception cref="ArgumentException">The names are others, or in another order; the message names the column.</exception>
    public static void CheckClasses(DataViewSchema training, DataViewSchema validation, IEnumerable<string> labelColumns)
    {
        foreach (string name in labelColumns)
        {
            LabelValues? expected = Names(training, name), found = Names(validation, name);
            if (expected is not null && found is not null && !expected.IsLike(found))
            {
                throw new ArgumentException($"Validation rows: column '{name}' has other classes than that of the training rows. They must be the same, in the same order: map both to keys by one transformer.");
            }
        }

        static LabelValues? Names(DataViewSchema schema, string name) => schema.GetColumnOrNull(name) is { } column ? LabelValues.Of(column) : null;
    }

    /// <summary>Says that they may be in other units than a model.</summary>
    /// <param name="doubt">Why, of the model.</param>
    public static string Warning(string doubt) => $"The validation rows are judged in the model's units: {doubt}";

    /// <summary>Reads them, and says of a fault in them that it is theirs.</summary>
    /// <exception cref="InvalidOperationException">The rows cannot be used; the message says why.</exception>
    public static TRows Read<TRows>(Func<TRows> read)
    {
        try
        {
            return read();
        }
        catch (InvalidOperationException fault) when (fault is not ObjectDisposedException)
        {
            throw new InvalidOperationException($"Validation rows: {fault.Message}", fault);
        }
    }
}
