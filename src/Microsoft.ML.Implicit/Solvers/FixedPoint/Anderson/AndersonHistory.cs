using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.FixedPoint;

/// <summary>The last images f(z) and residuals f(z) − z of each row in rings of a fixed number of slots.</summary>
internal abstract class AndersonHistory
{
    protected AndersonHistory(int memory) => Memory = memory;

    /// <summary>Number of slots.</summary>
    public int Memory { get; }

    /// <summary>Slot of the newest image.</summary>
    public int Newest { get; private set; } = -1;

    /// <summary>Slots in use.</summary>
    public int Count { get; private set; }

    /// <summary>Takes in an iterate and its image.</summary>
    /// <param name="z">The iterate [rows, width].</param>
    /// <param name="f">Its image [rows, width].</param>
    /// <returns>Inner products of the new residual with the residual of each slot in use [rows, count].</returns>
    public Tensor Push(Tensor z, Tensor f)
    {
        Newest = (Newest + 1) % Memory;
        Count = Math.Min(Count + 1, Memory);
        return Store(z, f);
    }

    /// <summary>Σ αᵢ (fᵢ − damping · gᵢ) over the slots in use.</summary>
    /// <param name="weights">α [rows, count].</param>
    /// <param name="damping">One less the mixing β.</param>
    /// <returns>The next iterate [rows, width].</returns>
    public abstract Tensor Combine(ReadOnlySpan<double> weights, double damping);

    /// <summary>Keeps some rows alone.</summary>
    /// <param name="rows">Indices of the rows to keep, on the device of the state.</param>
    public abstract void SelectRows(Tensor rows);

    protected abstract Tensor Store(Tensor z, Tensor f);

    protected static void Select(ref Tensor history, long dimension, Tensor rows)
    {
        Tensor selected = history.index_select(dimension, rows).MoveToOuterDisposeScope();
        history.Dispose();
        history = selected;
    }
}
