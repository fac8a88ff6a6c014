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

    /// <summary>Number of floats that a recorded evaluation leaves for its pullback.</summary>
    public abstract int RecordLength { get; }

    /// <summary>Number of parameters.</summary>
    public abstract int ParameterCount { get; }

    /// <summary>Evaluates f on one tile and records what the pullback needs.</summary>
    /// <param name="slot">Slot of the time.</param>
    /// <param name="point">State.</param>
    /// <param name="slope">Receives f.</param>
    /// <param name="record">Receives <see cref="RecordLength"/> floats.</param>
    public abstract void EvaluateAndRecord(int slot, float* point, float* slope, float* record);

    /// <summary>Multiplies a cotangent with the Jacobians of f on one tile.</summary>
    /// <param name="slot">Slot of the time.</param>
    /// <param name="point">State.</param>
    /// <param name="record">What the evaluation there recorded.</param>
    /// <param name="cotangent">a, of the layout of the state; rows past the last must be zero.</param>
    /// <param name="stateCotangent">Receives aᵀ ∂f/∂z.</param>
    /// <param name="gradient">aᵀ ∂f/∂θ is added here: one vector for each parameter, its lanes to be summed at the end.</param>
    /// <param name="scratch">At least <see cref="ScratchLength"/> floats.</param>
    public abstract void Pullback(int slot, float* point, float* record, float* cotangent, float* stateCotangent, float* gradient, float* scratch);

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    protected abstract void Dispose(bool disposing);
}
