using Microsoft.ML.Implicit.Numerics;
using Microsoft.ML.Implicit.Solvers.FixedPoint;
using Microsoft.ML.Implicit.Solvers.FixedPoint.Managed;

namespace Microsoft.ML.Implicit.Layers.Equilibrium.Managed;

/// <summary>Solves cells of one size for their equilibria at a few rows. An instance holds one solve at a time.</summary>
internal sealed unsafe class ManagedEquilibrium : IManagedMap, IDisposable
{
    private readonly ManagedAnderson _solver;
    private readonly AlignedBuffer _injections;
    private readonly AlignedBuffer _scratch;
    private readonly AlignedBuffer _states;
    private ManagedCell _cell;

    /// <param name="cell">A cell of that size.</param>
    /// <param name="settings">How its fixed points are found.</param>
    /// <param name="capacity">Rows of a solve at most.</param>
    public ManagedEquilibrium(ManagedCell cell, AndersonSettings settings, int capacity)
    {
        _cell = cell;
        _solver = new ManagedAnderson(settings, capacity, cell.StateStride);
        _injections = new AlignedBuffer((long)capacity * cell.InjectionStride);
        _scratch = new AlignedBuffer((long)capacity * cell.ScratchStride);
        _states = new AlignedBuffer((long)capacity * cell.StateStride);
    }

    /// <summary>Solves from a state of zeros.</summary>
    /// <param name="cell">f, which others may use as well.</param>
    /// <param name="inputs">x, one row after another.</param>
    /// <param name="inputStride">Floats from one row of them to the next.</param>
    /// <param name="rows">Number of rows.</param>
    /// <returns>The best iterate of each row, <see cref="ManagedCell.StateStride"/> floats a row, until the next solve.</returns>
    public float* Solve(ManagedCell cell, float* inputs, int inputStride, int rows)
    {
        _cell = cell;
        new Span<float>(_states.Pointer, rows * _cell.StateStride).Clear();
        _cell.Inject(inputs, inputStride, rows, _injections.Pointer);
        _solver.Solve(this, rows, _states.Pointer);
        return _states.Pointer;
    }

    /// <inheritdoc/>
    public void Evaluate(float* states, int rows, float* images) => _cell.Iterate(states, _injections.Pointer, rows, images, _scratch.Pointer);

    /// <inheritdoc/>
    public void MoveRow(int from, int to)
    {
        int stride = _cell.InjectionStride;
        new ReadOnlySpan<float>(_injections.Pointer + ((long)from * stride), stride).CopyTo(new Span<float>(_injections.Pointer + ((long)to * stride), stride));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _solver.Dispose();
        _injections.Dispose();
        _scratch.Dispose();
        _states.Dispose();
    }
}
