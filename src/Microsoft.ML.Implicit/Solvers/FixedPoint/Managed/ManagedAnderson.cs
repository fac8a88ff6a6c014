using Microsoft.ML.Implicit.Numerics;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.FixedPoint.Managed;

/// <summary>
/// <see cref="AndersonSolver"/> on a few rows in managed memory: the same iterates, without a tensor operation or an allocation. An instance
/// holds one solve at a time.
/// </summary>
internal sealed unsafe class ManagedAnderson : IDisposable
{
    private readonly AndersonSettings _settings;
    private readonly int _stride;
    private readonly AlignedBuffer _states;
    private readonly AlignedBuffer _evaluated;
    private readonly AlignedBuffer _images;
    private readonly AlignedBuffer _residuals;
    private readonly GramSystem _gram;
    private readonly double[] _products;
    private readonly double[] _weights;
    private readonly double[] _best;
    private readonly SolveStatus[] _statuses;
    private readonly int[] _original;
    private readonly bool[] _isDone;

    /// <param name="settings">Tolerances, memory and mixing.</param>
    /// <param name="capacity">Rows of a solve at most.</param>
    /// <param name="stride">Floats of a row: its state, padded with zeros to a multiple of <see cref="Tile.Lanes"/>.</param>
    public ManagedAnderson(AndersonSettings settings, int capacity, int stride)
    {
        (_settings, _stride) = (settings, stride);
        _states = new AlignedBuffer((long)capacity * stride);
        _evaluated = new AlignedBuffer((long)capacity * stride);
        _images = new AlignedBuffer((long)capacity * settings.Memory * stride);
        _residuals = new AlignedBuffer((long)capacity * settings.Memory * stride);
        _gram = new GramSystem(capacity, settings.Memory, settings.RidgeOf(ScalarType.Float32));
        _products = new double[capacity * settings.Memory];
        _weights = new double[capacity * settings.Memory];
        _best = new double[capacity];
        _statuses = new SolveStatus[capacity];
        _original = new int[capacity];
        _isDone = new bool[capacity];
    }

    /// <summary>How each row of the latest solve ended.</summary>
    public ReadOnlySpan<SolveStatus> Statuses => _statuses;

    /// <summary>‖f(z) − z‖₂ of the best iterate of each row of the latest solve.</summary>
    public ReadOnlySpan<double> Residuals => _best;

    /// <summary>Iterations of the latest solve.</summary>
    public int Iterations { get; private set; }

    /// <summary>Rows evaluated in the latest solve.</summary>
    public long RowEvaluations { get; private set; }

    /// <summary>Solves for the fixed point of each row.</summary>
    /// <param name="map">f.</param>
    /// <param name="rows">Number of rows.</param>
    /// <param name="solutions">Where to start, and then the best iterate of each row, one row after another.</param>
    /// <param name="cancellationToken">Looked at once an iteration.</param>
    /// <returns>Whether the solve was not cancelled.</returns>
    public bool TrySolve(IManagedMap map, int rows, float* solutions, CancellationToken cancellationToken = default)
    {
        Begin(rows, solutions);
        int active = rows;
        for (int iteration = 1; active > 0; iteration++)
        {
            if (cancellationToken.IsCancellationRequested)
            {
                return false;
            }

            (Iterations, RowEvaluations) = (iteration, RowEvaluations + active);
            int newest = (iteration - 1) % _settings.Memory;
            int count = Math.Min(iteration, _settings.Memory);
            map.Evaluate(_states.Pointer, active, _evaluated.Pointer);
            for (int row = 0; row < active; row++)
            {
                _isDone[row] = TakeIn(row, newest, count, solutions);
            }

            if (iteration == _settings.MaximumIterations)
            {
                break;
            }

            active = DropRowsDone(map, active);
            _gram.SetRow(newest, count, _products, _settings.Memory);
            _gram.Solve(newest, count, _weights);
            for (int row = 0; row < active; row++)
            {
                Combine(row, count);
            }
        }

        return true;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _states.Dispose();
        _evaluated.Dispose();
        _images.Dispose();
        _residuals.Dispose();
    }

    private void Begin(int rows, float* solutions)
    {
        new ReadOnlySpan<float>(solutions, rows * _stride).CopyTo(new Span<float>(_states.Pointer, rows * _stride));
        _gram.RowCount = rows;
        RowEvaluations = 0;
        for (int row = 0; row < rows; row++)
        {
            _original[row] = row;
            _best[row] = double.PositiveInfinity;
            _statuses[row] = SolveStatus.MaximumIterations;
        }
    }

    // Takes in an iterate and its image, keeps the iterate if it is better than those before, and says whether the row is done.
    private bool TakeIn(int row, int newest, int count, float* solutions)
    {
        float* state = _states.Pointer + ((long)row * _stride);
        float* residual = Slot(_residuals, row, newest);
        (float square, float imageSquare) = AndersonRow.Store(state, _evaluated.Pointer + ((long)row * _stride), _stride, Slot(_images, row, newest), residual);
        double norm = Math.Sqrt(square);
        int original = _original[row];
        if (!double.IsFinite(norm))
        {
            _statuses[original] = SolveStatus.Diverged;
            return true;
        }

        bool hasConverged = norm <= _settings.AbsoluteTolerance + (_settings.RelativeTolerance * Math.Sqrt(imageSquare));
        if (hasConverged || norm < _best[original])
        {
            _best[original] = norm;
            new ReadOnlySpan<float>(state, _stride).CopyTo(new Span<float>(solutions + ((long)original * _stride), _stride));
        }

        if (hasConverged)
        {
            _statuses[original] = SolveStatus.Converged;
        }

        for (int slot = 0; slot < count && !hasConverged; slot++)
        {
            _products[(row * _settings.Memory) + slot] = slot == newest ? square : TileAlgebra.Dot(residual, Slot(_residuals, row, slot), _stride);
        }

        return hasConverged;
    }

    // The last rows take the places of those that are done.
    private int DropRowsDone(IManagedMap map, int active)
    {
        for (int row = active - 1; row >= 0; row--)
        {
            if (!_isDone[row])
            {
                continue;
            }

            active--;
            if (row == active)
            {
                continue;
            }

            int length = _settings.Memory * _stride;
            new ReadOnlySpan<float>(_images.Pointer + ((long)active * length), length).CopyTo(new Span<float>(_images.Pointer + ((long)row * length), length));
            new ReadOnlySpan<float>(_residuals.Pointer + ((long)active * length), length).CopyTo(new Span<float>(_residuals.Pointer + ((long)row * length), length));
            _original[row] = _original[active];
            _products.AsSpan(active * _settings.Memory, _settings.Memory).CopyTo(_products.AsSpan(row * _settings.Memory));
            _gram.MoveRow(active, row);
            map.MoveRow(active, row);
        }

        _gram.RowCount = active;
        return active;
    }

    // Σ αᵢ (fᵢ − damping · gᵢ).
    private void Combine(int row, int count)
    {
        Span<float> weights = stackalloc float[count];
        for (int slot = 0; slot < count; slot++)
        {
            weights[slot] = (float)_weights[(row * count) + slot];
        }

        long first = (long)row * _settings.Memory * _stride;
        float* next = _states.Pointer + ((long)row * _stride);
        TileAlgebra.Combine(null, _images.Pointer + first, weights, _stride, next);
        if (_settings.Mixing != 1)
        {
            for (int slot = 0; slot < count; slot++)
            {
                weights[slot] = (float)(-(1 - _settings.Mixing) * _weights[(row * count) + slot]);
            }

            TileAlgebra.Combine(next, _residuals.Pointer + first, weights, _stride, next);
        }
    }

    private float* Slot(AlignedBuffer ring, int row, int slot) => ring.Pointer + ((((long)row * _settings.Memory) + slot) * _stride);
}
