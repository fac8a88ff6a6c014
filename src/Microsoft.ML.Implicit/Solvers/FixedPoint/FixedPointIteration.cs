using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.FixedPoint;

/// <summary>One solve in progress: evaluates f, keeps the best iterate of each row, and drops rows that are done.</summary>
/// <remarks>
/// The host reads one small table an iteration: what the rule measured and, with a relative tolerance, ‖f(z)‖ as the
/// last column. Rows that are done stay in the batch until half of it is, then the rest is moved together. Iterates
/// live in two buffers that are used in turn: what an iteration allocates it also frees, which keeps the heap from
/// growing by fragments over many iterations.
/// </remarks>
internal sealed class FixedPointIteration
{
    private readonly FixedPointSettings _settings;
    private readonly IterationRule _rule;
    private readonly Tensor _initial;
    private readonly Tensor _start;
    private readonly RowRecord _record;
    private IFixedPointMap _map;
    private Tensor _z;
    private Tensor _best;
    private Tensor? _finished;
    private bool _canSelect = true;
    private double[] _measured = [];

    public FixedPointIteration(FixedPointSettings settings, IterationRule rule, IFixedPointMap map, Tensor initial)
    {
        _settings = settings;
        _rule = rule;
        _map = map;
        _initial = initial;
        _record = new RowRecord((int)initial.shape[0]);
        _start = initial.detach().reshape(initial.shape[0], initial.shape.Skip(1).Aggregate(1L, (width, size) => width * size));
        _z = _start.clone();
        _best = _start.clone();
    }

    private bool HasRelativeTolerance => _settings.RelativeTolerance > 0;

    public FixedPointResult Run(CancellationToken cancellationToken)
    {
        int iterations = 0;
        long rowEvaluations = 0;
        while (_record.ActiveCount > 0 && iterations < _settings.MaximumIterations)
        {
            cancellationToken.ThrowIfCancellationRequested();
            iterations++;
            rowEvaluations += _record.LocalCount;
            Step(isLast: iterations == _settings.MaximumIterations);
            DropFinishedRows();
        }

        return new FixedPointResult(Collect().view(_initial.shape).MoveToOuterDisposeScope(), _record.Statuses, _record.Residuals, iterations, rowEvaluations);
    }

    /// <summary>Evaluates f once, judges the iterate and moves on to the next.</summary>
    private void Step(bool isLast)
    {
        using DisposeScope step = NewDisposeScope();
        int columns = EvaluateAndMeasure();
        Assess(columns);
        if (_record.ActiveCount > 0 && !isLast)
        {
            _z.copy_(_rule.Next(_measured, columns));
        }
    }

    private int EvaluateAndMeasure()
    {
        Tensor f = Evaluate();
        Tensor measured = _rule.Measure(_z, f);
        if (HasRelativeTolerance)
        {
            measured = cat([measured, f.norm(1, true, 2f)], 1);
        }

        int columns = (int)measured.shape[1];
        if (_measured.Length < _record.LocalCount * columns)
        {
            _measured = new double[_record.LocalCount * columns];
        }

        HostValues.Read(measured, _measured);
        return columns;
    }

    private Tensor Evaluate()
    {
        if (_initial.dim() == 2)
        {
            return TensorContract.Require(_map.Evaluate(_z), _z, _map);
        }

        long[] shape = _initial.shape;
        shape[0] = _record.LocalCount;
        Tensor shaped = _z.view(shape);
        return TensorContract.Require(_map.Evaluate(shaped), shaped, _map).reshape(shape[0], -1);
    }

    /// <summary>Judges each row, and moves the iterate into the best one where it is better.</summary>
    private void Assess(int columns)
    {
        int taken = 0;
        bool[] takes = new bool[_record.LocalCount];
        for (int row = 0; row < takes.Length; row++)
        {
            ReadOnlySpan<double> measured = _measured.AsSpan(row * columns, columns);
            double residual = Math.Sqrt(_rule.SquaredResidual(measured));
            double tolerance = _settings.AbsoluteTolerance + (HasRelativeTolerance ? _settings.RelativeTolerance * measured[columns - 1] : 0);
            takes[row] = _record.Observe(row, residual, tolerance);
            taken += takes[row] ? 1 : 0;
        }

        if (taken == takes.Length)
        {
            (_best, _z) = (_z, _best);
        }
        else if (taken > 0)
        {
            _best.copy_(where(HostValues.WriteMask(takes, _z.device), _z, _best));
        }
    }

    private void DropFinishedRows()
    {
        if (!_canSelect || _record.ActiveCount == 0 || _record.ActiveCount * 2 > _record.LocalCount)
        {
            return;
        }

        (int[] kept, int[] dropped) = _record.Split();
        Tensor rows = HostValues.WriteIndices(kept, _z.device);
        IFixedPointMap? map = _map.SelectRows(rows);
        if (map is null)
        {
            _canSelect = false;
            return;
        }

        _map = map;
        _finished ??= empty_like(_start);
        using DisposeScope step = NewDisposeScope();
        Finish(dropped);
        _rule.SelectRows(rows, kept);
        Replace(ref _z, _z.index_select(0, rows));
        Replace(ref _best, _best.index_select(0, rows));
        _record.Keep(kept);
    }

    /// <summary>Copies the best iterates of some rows to where the solution is collected.</summary>
    private void Finish(int[] local)
    {
        Tensor from = HostValues.WriteIndices(local, _z.device);
        Tensor to = HostValues.WriteIndices(_record.OriginalRows(local), _z.device);
        _finished!.index_copy_(0, to, _best.index_select(0, from));
    }

    private Tensor Collect()
    {
        if (_finished is null)
        {
            return _best;
        }

        Finish([.. Enumerable.Range(0, _record.LocalCount)]);
        return _finished;
    }

    private static void Replace(ref Tensor field, Tensor value)
    {
        field.Dispose();
        field = value.MoveToOuterDisposeScope();
    }
}
