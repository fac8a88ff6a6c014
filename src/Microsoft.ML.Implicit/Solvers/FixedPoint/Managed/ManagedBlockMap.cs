namespace Microsoft.ML.Implicit.Solvers.FixedPoint.Managed;

/// <summary>A map f of a block of rows.</summary>
internal abstract unsafe class ManagedBlockMap : IManagedMap, IDisposable
{
    /// <summary>Turns to other rows.</summary>
    /// <param name="first">The first of them in the batch.</param>
    /// <param name="rows">Their number.</param>
    public abstract void Begin(int first, int rows);

    /// <inheritdoc/>
    public abstract void Evaluate(float* states, int rows, float* images);

    /// <inheritdoc/>
    public abstract void MoveRow(int from, int to);

    /// <inheritdoc/>
    public abstract void Dispose();
}
