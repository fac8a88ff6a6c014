using Microsoft.ML.Implicit.Numerics;
using Microsoft.ML.Implicit.Solvers.FixedPoint;
using Microsoft.ML.Implicit.Solvers.FixedPoint.Managed;

namespace Microsoft.ML.Implicit.Layers.Equilibrium.Managed;

/// <summary>Solves cells of one size for their equilibria at some rows. An instance holds one solve at a time.</summary>
internal sealed unsafe class ManagedEquilibrium : IManagedMap, IDisposable
{
    // More rows at once would not leave their iterates in the processor's cache.
    private const int RowsAtOnce = 32;

    private readonly ManagedAnderson _solver;
    private readonly AlignedBuffer _injections;
    private readonly AlignedBuffer _scratch;
    private readonly AlignedBuffer _states;
    private ManagedCell _cell;
    private int _first;

    /// <param name="cell">A cell of that size.</param>
    /// <param name="settings">How its fixed points are found.</param>
    /// <param name="capacity">Rows of a solve at most.</param>
    public ManagedEquilibrium(ManagedCell cell, AndersonSettings settings, int capacity)
    {
        _cell = cell;
        _solver = new ManagedAnderson(settings, Math.Min(capacity, RowsAtOnce), cell.StateStride);
        _injections = new AlignedBuffer((long)capacity * cell.InjectionStride);
        _scratch = new AlignedBuffer((long)RowsAtOnce * cell.ScratchStride);
        _states = new AlignedBuffer((long)capacity * cell.StateStride);
    }

    /// <summary>Solves from a state of zeros.</summary>
    /// <param name="cell">f, which others may use as well.</param>
    /// <param name="inputs">x, in the code that the cell was made for.</param>
    /// <returns>The best iterate of each row, <see cref="ManagedCell.StateStride"/> floats a row, until the next solve.</returns>
    public float* Solve(ManagedCell cell, CodedRows inputs)
    {
        _cell = cell;
        new Span<float>(_states.Pointer, inputs.Count * _cell.StateStride).Clear();
        _cell.Inject(inputs, _injections.Pointer);
        for (_first = 0; _first < inputs.Count; _first += RowsAtOnce)
        {
            _solver.TrySolve(this, Math.Min(RowsAtOnce, inputs.Count - _first), _states.Pointer + ((long)_first * cell.StateStride));
        }

        return _states.Pointer;
    }

    /// <inheritdoc/>
    public void Evaluate(float* states, int rows, float* images) => _cell.Iterate(states, Injection(0), rows, images, _scratch.Pointer);

    /// <inheritdoc/>
    public void MoveRow(int from, int to) =>
        new ReadOnlySpan<float>(Injection(from), _cell.InjectionStride).CopyTo(new Span<float>(Injection(to), _cell.InjectionStride));

    /// <inheritdoc/>
    public void Dispose()
    {
        _solver.Dispose();
        _injections.Dispose();
        _scratch.Dispose();
        _states.Dispose();
    }

    private float* Injection(int row) => _injections.Pointer + ((long)(_first + row) * _cell.InjectionStride);
}
