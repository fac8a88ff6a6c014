namespace Microsoft.ML.Implicit.Solvers;

/// <summary>Checks what a caller's code tells of the rows of a batch.</summary>
internal static class RowContract
{
    /// <summary>Throws unless there is one value for each row.</summary>
    /// <param name="values">The values.</param>
    /// <param name="rows">Number of rows.</param>
    /// <param name="source">What returned them, for the message.</param>
    /// <param name="what">What they are, for the message.</param>
    /// <exception cref="ArgumentException">There is another number of them, or none at all.</exception>
    public static void Require<T>(IReadOnlyList<T>? values, long rows, object source, string what)
    {
        if (values is null || values.Count != rows)
        {
            throw new ArgumentException($"{source} returned {values?.Count ?? 0} {what} for {rows} rows.");
        }
    }
}
