namespace Microsoft.ML.Implicit.Solvers.FixedPoint.Managed;

/// <summary>A map f of the rows of a batch in managed memory, of which several blocks may be solved at once.</summary>
internal abstract unsafe class ManagedBatchMap : IDisposable
{
    /// <summary>Floats of a row's state, a multiple of <see cref="Numerics.Tile.Lanes"/>; those that are not part of it are zero.</summary>
    public abstract int Stride { get; }

    /// <summary>Rows of a block at most.</summary>
    public abstract int BlockSize { get; }

    /// <summary>Multiplications of a usual solve of one row.</summary>
    public abstract long Work { get; }

    /// <summary>Writes a row's state into <see cref="Stride"/> floats of zeros.</summary>
    public abstract void Load(ReadOnlySpan<float> row, float* state);

    /// <summary>Reads a row out of its state.</summary>
    public abstract void Store(float* state, Span<float> row);

    /// <summary>Creates f for blocks of rows, one after another.</summary>
    public abstract ManagedBlockMap CreateBlock();

    /// <inheritdoc/>
    public abstract void Dispose();
}
