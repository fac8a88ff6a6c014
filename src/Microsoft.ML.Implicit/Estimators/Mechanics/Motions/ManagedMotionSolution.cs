using Microsoft.ML.Implicit.Layers.Ode.Mechanics.Programs;
using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Numerics;
using Microsoft.ML.Implicit.Solvers.Ode;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Motions that a <see cref="RowProgram"/> solves in managed memory, and the adjoint of its steps: a few rows at a time go through all pieces, and back.</summary>
internal sealed unsafe class ManagedMotionSolution : IMotionSolution
{
    private readonly RowProgram _program;
    private readonly ExplicitRungeKutta _method;
    private readonly int _steps;
    private readonly int _pieces;
    private readonly int _rows;
    private readonly int _width;
    private readonly bool _isDifferentiable;
    private readonly double[] _parameters;
    private readonly double[] _lengths;
    private readonly double[] _controls;
    private readonly TileLoop _loop;
    private readonly MotionWorkspace[] _workspaces;
    private readonly double[] _path;

    /// <summary>Solves.</summary>
    /// <param name="program">The dynamics.</param>
    /// <param name="method">A method for fixed steps.</param>
    /// <param name="steps">Steps a piece.</param>
    /// <param name="starts">[rows, width].</param>
    /// <param name="lengths">[pieces, rows, 1].</param>
    /// <param name="controls">[pieces, rows, controls], or <see langword="null"/>.</param>
    /// <param name="differentiable">Whether <see cref="Backward"/> will be called.</param>
    public ManagedMotionSolution(RowProgram program, ExplicitRungeKutta method, int steps, Tensor starts, Tensor lengths, Tensor? controls, bool differentiable)
    {
        (_program, _method, _steps, _isDifferentiable, _width) = (program, method, steps, differentiable, program.Input.Width);
        (_pieces, _rows) = ((int)lengths.shape[0], (int)lengths.shape[1]);
        _parameters = program.ReadParameters();
        _lengths = [.. lengths.data<double>()];
        _controls = controls is null ? [] : [.. controls.data<double>()];
        int tiles = (_rows + RowLanes.Count - 1) / RowLanes.Count;
        _loop = new TileLoop(tiles, get_num_threads(), (long)program.ParameterCount * 2 * RowLanes.Count * Evaluations);
        _workspaces = [.. Enumerable.Range(0, _loop.ChunkCount).Select(_ => new MotionWorkspace(program, method.EndStage, differentiable))];
        _path = differentiable ? new double[(long)tiles * PathLength] : [];
        States = empty(_pieces + 1, _rows, _width, dtype: ScalarType.Float64);
        SoundRows = Solve(starts);
    }

    public Tensor States { get; }

    public IReadOnlyList<long> SoundRows { get; }

    public int Evaluations => _pieces * _steps * _method.EndStage;

    private int StateLength => _width * RowLanes.Count;

    // The states before all steps of a tile.
    private long PathLength => (long)_pieces * _steps * StateLength;

    public void Backward(Tensor cotangents)
    {
        using Tensor contiguous = cotangents.contiguous();
        double* source = contiguous.Pointer<double>();
        _loop.Run((chunk, tile) =>
        {
            MotionWorkspace work = _workspaces[chunk];
            fixed (double* numbers = _parameters, path = _path, gradient = work.Gradient)
            {
                new Span<double>(work.Adjoint, StateLength).Clear();
                for (int piece = _pieces - 1; piece >= 0; piece--)
                {
                    AddCotangent(source + ((long)(piece + 1) * _rows * _width), tile, work.Adjoint);
                    SetPiece(work, tile, piece);
                    for (int step = _steps - 1; step >= 0; step--)
                    {
                        work.Step(_method, numbers, At(path, tile, piece, step), keepsValues: true);
                        work.Reverse(_method, numbers, gradient);
                    }
                }
            }
        });
        double[] sum = new double[_program.ParameterCount];
        foreach (MotionWorkspace work in _workspaces)
        {
            for (int i = 0; i < sum.Length; i++)
            {
                sum[i] += work.Gradient[i];
            }
        }

        using Tensor gradient = NativeTensor.Of(sum, [sum.Length]);
        OdeGradients.Accumulate(gradient, _program.Parameters);
    }

    public void Dispose()
    {
        States.Dispose();
        Array.ForEach(_workspaces, work => work.Dispose());
    }

    private long[] Solve(Tensor starts)
    {
        double* source = starts.Pointer<double>(), destination = States.Pointer<double>();
        bool[] isSound = [.. Enumerable.Repeat(true, _rows)];
        _loop.Run((chunk, tile) =>
        {
            MotionWorkspace work = _workspaces[chunk];
            fixed (double* numbers = _parameters, path = _path)
            {
                Load(source, tile, work.State);
                Store(work.State, tile, destination);
                for (int piece = 0; piece < _pieces; piece++)
                {
                    SetPiece(work, tile, piece);
                    for (int step = 0; step < _steps; step++)
                    {
                        if (_isDifferentiable)
                        {
                            new ReadOnlySpan<double>(work.State, StateLength).CopyTo(new Span<double>(At(path, tile, piece, step), StateLength));
                        }

                        work.Step(_method, numbers, work.State, keepsValues: false);
                    }

                    Store(work.State, tile, destination + ((long)(piece + 1) * _rows * _width));
                    for (int lane = 0; lane < RowLanes.Count && First(tile) + lane < _rows; lane++)
                    {
                        isSound[First(tile) + lane] &= IsSound(work.State, lane);
                    }
                }
            }
        });
        return [.. Enumerable.Range(0, _rows).Where(row => isSound[row]).Select(row => (long)row)];
    }

    private static int First(int tile) => tile * RowLanes.Count;

    // Lanes after the last row repeat it.
    private int Row(int tile, int lane) => Math.Min(First(tile) + lane, _rows - 1);

    private double* At(double* path, int tile, int piece, int step) => path + (tile * PathLength) + (((piece * _steps) + step) * StateLength);

    private void SetPiece(MotionWorkspace work, int tile, int piece)
    {
        int controls = _program.Controls.Width;
        for (int lane = 0; lane < RowLanes.Count; lane++)
        {
            int place = (piece * _rows) + Row(tile, lane);
            work.Size[lane] = _lengths[place] / _steps;
            for (int c = 0; c < controls; c++)
            {
                work.Controls[(c * RowLanes.Count) + lane] = _controls[(place * controls) + c];
            }
        }
    }

    private void Load(double* rows, int tile, double* state)
    {
        for (int i = 0; i < StateLength; i++)
        {
            state[i] = rows[(Row(tile, i % RowLanes.Count) * _width) + (i / RowLanes.Count)];
        }
    }

    private void Store(double* state, int tile, double* rows)
    {
        for (int i = 0; i < StateLength; i++)
        {
            if (First(tile) + (i % RowLanes.Count) < _rows)
            {
                rows[((First(tile) + (i % RowLanes.Count)) * _width) + (i / RowLanes.Count)] = double.IsFinite(state[i]) ? state[i] : double.NaN;
            }
        }
    }

    private void AddCotangent(double* rows, int tile, double* adjoint)
    {
        for (int i = 0; i < StateLength; i++)
        {
            if (First(tile) + (i % RowLanes.Count) < _rows)
            {
                adjoint[i] += rows[((First(tile) + (i % RowLanes.Count)) * _width) + (i / RowLanes.Count)];
            }
        }
    }

    private bool IsSound(double* state, int lane)
    {
        for (int v = 0; v < _width; v++)
        {
            if (!(Math.Abs(state[(v * RowLanes.Count) + lane]) <= IMotionSolution.Farthest))
            {
                return false;
            }
        }

        return true;
    }
}
