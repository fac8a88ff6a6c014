namespace Microsoft.ML.Implicit.Data;

/// <summary>A buffer of rows: filled from a source row by row, evaluated once, then read row by row.</summary>
internal abstract class RowBatch
{
    /// <summary>Copies the source's current row into a slot.</summary>
    public abstract void Read(int slot);

    /// <summary>Evaluates the first <paramref name="count"/> slots.</summary>
    public abstract void Evaluate(int count);

    /// <summary>Creates a <see cref="ValueGetter{TValue}"/> for an output column.</summary>
    /// <param name="column">Index among the output columns.</param>
    /// <param name="slot">Gives the slot to read at each call, once it has been evaluated.</param>
    public abstract Delegate CreateGetter(int column, Func<int> slot);
}
