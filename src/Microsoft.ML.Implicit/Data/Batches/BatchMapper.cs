namespace Microsoft.ML.Implicit.Data;

/// <summary>A function from rows to new columns that is evaluated for many rows at once.</summary>
internal abstract class BatchMapper
{
    private readonly DisposalGate _gate = new();

    /// <summary>Rows evaluated together when a data view is read.</summary>
    public abstract int BatchSize { get; }

    /// <summary>Names of the columns that the function reads.</summary>
    public abstract IReadOnlyList<string> InputColumnNames { get; }

    /// <summary>Checks the input columns and describes the new ones.</summary>
    /// <exception cref="ArgumentException">A column is missing or has another type than in training.</exception>
    public abstract IReadOnlyList<DataViewSchema.DetachedColumn> GetOutputColumns(DataViewSchema inputSchema);

    /// <summary>Creates a buffer of rows that are read from <paramref name="source"/>.</summary>
    public abstract RowBatch CreateBatch(DataViewRow source, int capacity);

    /// <summary>Evaluates the first <paramref name="count"/> slots of a batch.</summary>
    /// <exception cref="ObjectDisposedException">The function's owner was disposed of, and what it needs with it.</exception>
    public void Evaluate(RowBatch batch, int count)
    {
        using DisposalGate.Use use = Hold();
        batch.Evaluate(count);
    }

    /// <summary>Keeps the function's owner from being disposed of until the result is disposed of.</summary>
    /// <exception cref="ObjectDisposedException">The function's owner was disposed of.</exception>
    public DisposalGate.Use Hold() => _gate.Enter();

    /// <summary>Runs an action while nothing is evaluated.</summary>
    /// <exception cref="ObjectDisposedException">The function's owner was disposed of.</exception>
    public void RunAlone(Action action) => _gate.RunAlone(action);

    /// <summary>Refuses evaluation from now on, also to views and prediction engines that were made before, and waits for evaluations under way.</summary>
    /// <param name="owner">What is disposed of, for the message.</param>
    public void Close(object owner) => _gate.Close(owner.GetType());

    /// <exception cref="ObjectDisposedException">The function's owner was disposed of.</exception>
    public void ThrowIfDisposed() => _gate.ThrowIfClosed();
}
