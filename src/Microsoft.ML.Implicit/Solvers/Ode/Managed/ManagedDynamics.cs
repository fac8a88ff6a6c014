namespace Microsoft.ML.Implicit.Solvers.Ode.Managed;

/// <summary>
/// Evaluates f in float32 on tiles of <see cref="Tile.Lanes"/> rows. A tile holds one coordinate of all its rows side by
/// side, <c>[coordinate][row]</c>, so that every operation is a whole vector whatever the dimension.
/// </summary>
internal abstract unsafe class ManagedDynamics : IDisposable
{
    /// <summary>Number of coordinates of the state.</summary>
    public abstract int Dimension { get; }

    /// <summary>Number of floats that one evaluation needs for intermediate values.</summary>
    public abstract int ScratchLength { get; }

    /// <summary>Multiplications of one evaluation of one row, to judge whether threads pay.</summary>
    public abstract long WorkPerRow { get; }

    /// <summary>Reserves slots for times.</summary>
    public abstract void ReserveTimes(int count);

    /// <summary>Sets the time of a slot, before any tile is evaluated at it.</summary>
    public abstract void SetTime(int slot, double time);

    /// <summary>Evaluates f on one tile. Different tiles may be evaluated on different threads at once.</summary>
    /// <param name="slot">Slot of the time.</param>
    /// <param name="point">State, <c>[padded dimension][lanes]</c>.</param>
    /// <param name="slope">Receives f, of the same layout; padding coordinates receive zero.</param>
    /// <param name="scratch">At least <see cref="ScratchLength"/> floats.</param>
    public abstract void Evaluate(int slot, float* point, float* slope, float* scratch);

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    protected abstract void Dispose(bool disposing);
}
