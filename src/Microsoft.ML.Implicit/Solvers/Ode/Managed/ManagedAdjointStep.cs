using System.Runtime.InteropServices;
using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Numerics;
using Microsoft.ML.Implicit.Solvers.Ode.Adjoints;
using Microsoft.ML.Implicit.Solvers.Ode.Common;
using Microsoft.ML.Implicit.Solvers.Ode.Stepping;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Ode.Managed;

/// <summary>
/// The adjoint of <see cref="RungeKuttaAdjointStep"/> in managed memory: each tile of rows goes through a whole step,
/// forward and in reverse, while it lies in the processor's cache.
/// </summary>
internal sealed unsafe class ManagedAdjointStep : CommonAdjointStep
{
    private readonly ManagedDynamics _dynamics;
    private readonly ExplicitRungeKutta _method;
    private readonly Tensor _parameterGradient;
    private readonly int _rows;
    private readonly int _tiles;
    private readonly int _tileLength;
    private readonly int _gradientLength;
    private readonly TileLoop _loop;
    private readonly AlignedBuffer _adjoint;
    private readonly AlignedBuffer _firstCotangent;
    private readonly AlignedBuffer _gradients;
    private readonly AlignedBuffer _scratch;
    private readonly int _scratchLength;
    private readonly AlignedBuffer _start;
    private bool _hasFirst;

    public ManagedAdjointStep(ManagedDynamics dynamics, ExplicitRungeKutta method, Tensor state, Tensor parameterGradient)
    {
        _dynamics = dynamics;
        _method = method;
        _parameterGradient = parameterGradient;
        _rows = (int)(state.numel() / dynamics.Dimension);
        _tiles = Tile.Count(_rows);
        _tileLength = Tile.Pad(dynamics.Dimension) * Tile.Lanes;
        _gradientLength = Tile.PadLength(dynamics.GradientLength);
        _loop = new TileLoop(_tiles, get_num_threads(), dynamics.WorkPerRow * Tile.Lanes * method.EndStage * 3);
        _adjoint = new AlignedBuffer((long)_tiles * _tileLength);
        _firstCotangent = new AlignedBuffer((long)_tiles * _tileLength);
        _start = new AlignedBuffer((long)_tiles * _tileLength);
        _gradients = new AlignedBuffer((long)_loop.ChunkCount * _gradientLength);
        _scratchLength = ((3 * method.StageCount) + 4) * _tileLength + (method.StageCount * dynamics.RecordLength) + dynamics.ScratchLength;
        _scratch = new AlignedBuffer((long)_loop.ChunkCount * _scratchLength);
        dynamics.ReserveTimes(method.StageCount);
    }

    public override Tensor Advance(OdeStep step, Tensor state)
    {
        Tensor result = empty_like(state);
        float[][] weights = Weights(_method.A, step.Size);
        SetTimes(step, _method.EndStage);
        float* source = state.Pointer<float>();
        float* destination = result.Pointer<float>();
        _loop.Run((chunk, tile) =>
        {
            Workspace work = At(chunk);
            float* start = work.Start;
            Tile.Load(source, _rows, _dynamics.Dimension, tile, start);
            for (int i = 0; i < _method.EndStage; i++)
            {
                TileAlgebra.Combine(start, work.Stages, weights[i], _tileLength, work.Points);
                _dynamics.Evaluate(i, tile, work.Points, work.Stages + (i * _tileLength), work.Scratch);
            }

            TileAlgebra.Combine(start, work.Stages, weights[_method.EndStage], _tileLength, work.Points);
            Tile.Store(work.Points, _rows, _dynamics.Dimension, tile, destination);
        });
        return result;
    }

    public override void Reverse(OdeStep step, Tensor state, ReadOnlySpan<double> thetas, Tensor outputCotangents)
    {
        int end = _method.EndStage;
        int inside = thetas is [.., 1.0] ? thetas.Length - 1 : thetas.Length;
        bool endOutput = inside < thetas.Length;
        int stageCount = inside > 0 ? Math.Max(_method.DenseStages, end) : end;
        int count = stageCount > end || _hasFirst ? Math.Max(stageCount, end + 1) : end;
        int rows = Math.Max(count, end + 1);
        float[][] weights = Weights(_method.A, step.Size);
        float[][] columns = Columns(step.Size, rows);
        double[,] dense = _method.DenseWeights(thetas[..inside], step.Size);
        SetTimes(step, count);
        float* source = state.Pointer<float>();
        float* outputs = outputCotangents.Pointer<float>();
        long stride = (long)_rows * _dynamics.Dimension;
        _loop.Run((chunk, tile) =>
        {
            Workspace work = At(chunk);
            float* adjoint = _adjoint.Pointer + ((long)tile * _tileLength);
            float* first = _firstCotangent.Pointer + ((long)tile * _tileLength);
            LinearizeTile(work, tile, source, weights, count);
            if (endOutput)
            {
                AddOutput(work, tile, outputs + (inside * stride), 1f, adjoint);
            }

            for (int i = count - 1; i >= end; i--)
            {
                Gather(work, tile, i, columns[i], rows, dense, inside, outputs, stride);
                if (i == end)
                {
                    TileAlgebra.Combine(work.Gathered, first, [1f], _tileLength, work.Gathered);
                    PullBack(work, chunk, tile, i, work.Temporary);
                    TileAlgebra.Combine(adjoint, work.Temporary, [1f], _tileLength, adjoint);
                }
                else
                {
                    PullBack(work, chunk, tile, i, work.Cotangents + (i * _tileLength));
                }
            }

            new ReadOnlySpan<float>(adjoint, _tileLength).CopyTo(new Span<float>(work.Cotangents + (end * _tileLength), _tileLength));
            for (int i = end - 1; i > 0; i--)
            {
                Gather(work, tile, i, columns[i], rows, dense, inside, outputs, stride);
                PullBack(work, chunk, tile, i, work.Cotangents + (i * _tileLength));
            }

            Gather(work, tile, 0, columns[0], rows, dense, inside, outputs, stride);
            new ReadOnlySpan<float>(work.Gathered, _tileLength).CopyTo(new Span<float>(first, _tileLength));
            float[] ones = new float[rows - 1];
            Array.Fill(ones, 1f);
            TileAlgebra.Combine(null, work.Cotangents + _tileLength, ones, _tileLength, adjoint);
            for (int m = 0; m < inside; m++)
            {
                AddOutput(work, tile, outputs + (m * stride), 1f, adjoint);
            }

            new ReadOnlySpan<float>(work.Start, _tileLength).CopyTo(new Span<float>(_start.Pointer + ((long)tile * _tileLength), _tileLength));
        });
        _hasFirst = true;
    }

    public override void ReverseFirstStage()
    {
        _loop.Run((chunk, tile) =>
        {
            // The last step reversed set the slot of its first stage, whose point is its start.
            Workspace work = At(chunk);
            float* adjoint = _adjoint.Pointer + ((long)tile * _tileLength);
            float* start = _start.Pointer + ((long)tile * _tileLength);
            float* first = _firstCotangent.Pointer + ((long)tile * _tileLength);
            _dynamics.EvaluateAndRecord(0, tile, start, work.Stages, work.Records);
            _dynamics.Pullback(0, tile, start, work.Records, first, work.Temporary, Gradient(chunk), work.Scratch);
            TileAlgebra.Combine(adjoint, work.Temporary, [1f], _tileLength, adjoint);
            new Span<float>(first, _tileLength).Clear();
        });
        _hasFirst = false;
    }

    public override Tensor Finish()
    {
        Tensor result = empty([(long)_rows * _dynamics.Dimension], ScalarType.Float32);
        float* destination = result.Pointer<float>();
        _loop.Run((_, tile) => Tile.Store(_adjoint.Pointer + ((long)tile * _tileLength), _rows, _dynamics.Dimension, tile, destination));
        AddGradients();
        return result;
    }

    protected override void Dispose(bool disposing)
    {
        _dynamics.Dispose();
        _adjoint.Dispose();
        _firstCotangent.Dispose();
        _start.Dispose();
        _gradients.Dispose();
        _scratch.Dispose();
    }

    private void LinearizeTile(in Workspace work, int tile, float* source, float[][] weights, int count)
    {
        Tile.Load(source, _rows, _dynamics.Dimension, tile, work.Start);
        for (int i = 0; i < count; i++)
        {
            float* point = work.Points + (i * _tileLength);
            TileAlgebra.Combine(work.Start, work.Stages, weights[i], _tileLength, point);
            _dynamics.EvaluateAndRecord(i, tile, point, work.Stages + (i * _tileLength), work.Records + ((long)i * _dynamics.RecordLength));
        }
    }

    // Cotangent of stage i from the points of the stages after it and from the outputs inside the step.
    private void Gather(in Workspace work, int tile, int stage, float[] column, int rows, double[,] dense, int inside, float* outputs, long stride)
    {
        TileAlgebra.Combine(null, work.Cotangents + ((stage + 1) * _tileLength), column.AsSpan(0, Math.Max(0, rows - stage - 1)), _tileLength, work.Gathered);
        for (int m = 0; m < inside && stage < _method.DenseStages; m++)
        {
            AddOutput(work, tile, outputs + (m * stride), (float)dense[m, stage], work.Gathered);
        }
    }

    private void PullBack(in Workspace work, int chunk, int tile, int stage, float* result) =>
        _dynamics.Pullback(stage, tile, work.Points + (stage * _tileLength), work.Records + ((long)stage * _dynamics.RecordLength), work.Gathered, result, Gradient(chunk), work.Scratch);

    private void AddOutput(in Workspace work, int tile, float* output, float weight, float* destination)
    {
        Tile.LoadOrZero(output, _rows, _dynamics.Dimension, tile, work.Output);
        TileAlgebra.Combine(destination, work.Output, [weight], _tileLength, destination);
    }

    private void SetTimes(OdeStep step, int count)
    {
        for (int i = 0; i < count; i++)
        {
            _dynamics.SetTime(i, step.At(_method.C[i]));
        }
    }

    private static float[][] Weights(double[][] rows, double size) => [.. rows.Select(row => row.Select(a => (float)(a * size)).ToArray())];

    // h aⱼᵢ for j = i + 1, ..., rows - 1.
    private float[][] Columns(double size, int rows) =>
        [.. Enumerable.Range(0, rows).Select(i => Enumerable.Range(i + 1, rows - i - 1).Select(j => (float)(i < _method.A[j].Length ? _method.A[j][i] * size : 0)).ToArray())];

    private void AddGradients()
    {
        for (int chunk = 1; chunk < _loop.ChunkCount; chunk++)
        {
            TileAlgebra.Combine(Gradient(0), Gradient(chunk), [1f], _gradientLength, Gradient(0));
        }

        _dynamics.AddGradient(Gradient(0), MemoryMarshal.Cast<byte, float>(_parameterGradient.bytes));
    }

    private float* Gradient(int chunk) => _gradients.Pointer + ((long)chunk * _gradientLength);

    private Workspace At(int chunk)
    {
        float* start = _scratch.Pointer + ((long)chunk * _scratchLength);
        int stages = _method.StageCount * _tileLength;
        float* shared = start + (3 * stages);
        float* records = shared + (4 * _tileLength);
        return new Workspace(start, start + stages, start + (2 * stages), shared, shared + _tileLength, shared + (2 * _tileLength), shared + (3 * _tileLength), records, records + ((long)_method.StageCount * _dynamics.RecordLength));
    }

    private readonly struct Workspace(float* stages, float* points, float* cotangents, float* start, float* gathered, float* temporary, float* output, float* records, float* scratch)
    {
        public readonly float* Stages = stages;
        public readonly float* Points = points;
        public readonly float* Cotangents = cotangents;
        public readonly float* Start = start;
        public readonly float* Gathered = gathered;
        public readonly float* Temporary = temporary;
        public readonly float* Output = output;
        public readonly float* Records = records;
        public readonly float* Scratch = scratch;
    }
}
