using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Numerics;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.FixedPoint.Managed;

/// <summary><see cref="AndersonSolver"/> on a batch in managed memory: blocks of rows are solved on as many threads as torch would use.</summary>
internal sealed unsafe class ManagedAndersonBatch
{
    private readonly AndersonSettings _settings;
    private readonly ManagedBatchMap _map;
    private readonly Tensor _states;
    private readonly float* _first;
    private readonly int _width;
    private readonly SolveStatus[] _statuses;
    private readonly double[] _residuals;
    private int _iterations;
    private long _rowEvaluations;

    /// <param name="settings">Tolerances, memory and mixing.</param>
    /// <param name="map">f.</param>
    /// <param name="initial">Where to start, float32 [rows, ...] on the CPU.</param>
    public ManagedAndersonBatch(AndersonSettings settings, ManagedBatchMap map, Tensor initial)
    {
        (_settings, _map) = (settings, map);
        _states = initial.detach().contiguous().clone();
        _first = _states.Pointer<float>();
        _statuses = new SolveStatus[initial.shape[0]];
        _width = (int)(initial.numel() / Math.Max(_statuses.Length, 1));
        _residuals = new double[_statuses.Length];
    }

    /// <summary>Solves for the fixed point of each row.</summary>
    /// <param name="cancellationToken">Looked at once an iteration.</param>
    /// <exception cref="OperationCanceledException">The solve was cancelled.</exception>
    public FixedPointResult Solve(CancellationToken cancellationToken)
    {
        if (_statuses.Length > 0)
        {
            SolveBlocks(cancellationToken);
        }

        return new FixedPointResult(_states.MoveToOuterDisposeScope(), _statuses, _residuals, _iterations, _rowEvaluations);
    }

    private void SolveBlocks(CancellationToken cancellationToken)
    {
        int threads = get_num_threads();
        int blockSize = Math.Clamp((_statuses.Length + threads - 1) / threads, 1, _map.BlockSize);
        int blocks = (_statuses.Length + blockSize - 1) / blockSize;
        using var workspaces = new WorkspacePool<Workspace>(() => new Workspace(_settings, _map, blockSize));
        new TileLoop(blocks, threads, blockSize * _map.Work).Run((_, block) =>
        {
            if (!cancellationToken.IsCancellationRequested)
            {
                Workspace workspace = workspaces.Rent();
                SolveBlock(workspace, block * blockSize, Math.Min(blockSize, _statuses.Length - (block * blockSize)), cancellationToken);
                workspaces.Return(workspace);
            }
        });
        cancellationToken.ThrowIfCancellationRequested();
    }

    private void SolveBlock(Workspace workspace, int first, int rows, CancellationToken cancellationToken)
    {
        for (int row = 0; row < rows; row++)
        {
            _map.Load(Row(first + row), workspace.State(row));
        }

        workspace.Map.Begin(first, rows);
        if (!workspace.Solver.TrySolve(workspace.Map, rows, workspace.State(0), cancellationToken))
        {
            return;
        }

        for (int row = 0; row < rows; row++)
        {
            _map.Store(workspace.State(row), Row(first + row));
        }

        workspace.Solver.Statuses[..rows].CopyTo(_statuses.AsSpan(first));
        workspace.Solver.Residuals[..rows].CopyTo(_residuals.AsSpan(first));
        lock (_statuses)
        {
            _iterations = Math.Max(_iterations, workspace.Solver.Iterations);
            _rowEvaluations += workspace.Solver.RowEvaluations;
        }
    }

    private Span<float> Row(int row) => new(_first + ((long)row * _width), _width);

    private sealed class Workspace(AndersonSettings settings, ManagedBatchMap map, int blockSize) : IDisposable
    {
        private readonly AlignedBuffer _states = new((long)blockSize * map.Stride);

        public ManagedAnderson Solver { get; } = new(settings, blockSize, map.Stride);

        public ManagedBlockMap Map { get; } = map.CreateBlock();

        public float* State(int row) => _states.Pointer + ((long)row * map.Stride);

        public void Dispose()
        {
            _states.Dispose();
            Solver.Dispose();
            Map.Dispose();
        }
    }
}
