namespace Microsoft.ML.Implicit.Data;

/// <summary>Rows that are read as training rows are, but by which a training is judged.</summary>
internal static class ValidationRows
{
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
