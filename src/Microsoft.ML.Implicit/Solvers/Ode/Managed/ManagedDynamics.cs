using Microsoft.ML.Implicit.Numerics;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Ode.Managed;

/// <summary>
/// Evaluates f in float32 on tiles of <see cref="Tile.Lanes"/> rows. A tile holds one coordinate of all its rows side by
/// side, <c>[coordinate][row]</c>, so that every operation is a whole vector whatever the dimension.
/// </summary>
internal abstract unsafe class ManagedDynamics : IDisposable
{
    // Wider layers are served better by the matrix product of the native library.
    private const long LargestWidth = 256;

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
    /// <param name="tile">Index of the tile, for what f holds of its rows.</param>
    /// <param name="point">State, <c>[padded dimension][lanes]</c>.</param>
    /// <param name="slope">Receives f, of the same layout; padding coordinates receive zero.</param>
    /// <param name="scratch">At least <see cref="ScratchLength"/> floats.</param>
    public abstract void Evaluate(int slot, int tile, float* point, float* slope, float* scratch);

    /// <summary>Number of floats that a recorded evaluation leaves for its pullback.</summary>
    public abstract int RecordLength { get; }

    /// <summary>Number of floats that pullbacks gather the parameters' gradient in.</summary>
    public abstract int GradientLength { get; }

    /// <summary>Evaluates f on one tile and records what the pullback needs.</summary>
    /// <param name="slot">Slot of the time.</param>
    /// <param name="tile">Index of the tile.</param>
    /// <param name="point">State.</param>
    /// <param name="slope">Receives f.</param>
    /// <param name="record">Receives <see cref="RecordLength"/> floats.</param>
    public abstract void EvaluateAndRecord(int slot, int tile, float* point, float* slope, float* record);

    /// <summary>Multiplies a cotangent with the Jacobians of f on one tile.</summary>
    /// <param name="slot">Slot of the time.</param>
    /// <param name="tile">Index of the tile.</param>
    /// <param name="point">State.</param>
    /// <param name="record">What the evaluation there recorded.</param>
    /// <param name="cotangent">a, of the layout of the state; rows past the last must be zero.</param>
    /// <param name="stateCotangent">Receives aᵀ ∂f/∂z.</param>
    /// <param name="gradient">aᵀ ∂f/∂θ is added here, to <see cref="GradientLength"/> floats of a layout of its own.</param>
    /// <param name="scratch">At least <see cref="ScratchLength"/> floats.</param>
    public abstract void Pullback(int slot, int tile, float* point, float* record, float* cotangent, float* stateCotangent, float* gradient, float* scratch);

    /// <summary>Adds what all pullbacks gathered to the flat gradient of the parameters. Called once, at the end.</summary>
    /// <param name="gradient">The sum over all threads of <see cref="GradientLength"/> floats.</param>
    /// <param name="flat">Gradient of all parameters.</param>
    public abstract void AddGradient(float* gradient, Span<float> flat);

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Tells whether managed memory serves a state and layers better than tensor operations.</summary>
    public static bool Suits(Tensor state, IEnumerable<Tensor> parameters) =>
        parameters.Append(state).All(t => t.device_type == DeviceType.CPU && t.dtype == ScalarType.Float32) && parameters.All(p => p.shape.Max() <= LargestWidth);

    protected abstract void Dispose(bool disposing);
}
