using Microsoft.ML.Implicit.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Quadratic.Batched;

/// <summary>
/// ADMM on whole batches (Stellato et al., 2020, "OSQP", algorithm 1): every iteration applies one cached inverse. Rows with the same matrices share
/// it, so that a batch costs a few matrix products an iteration. Ends with a polish on the active set it found (section 5.2).
/// </summary>
internal sealed class OperatorSplitting : IBatchedMethod
{
    private const double Sigma = 1e-6;
    private const double EqualityFactor = 1e3;
    private const double SmallestRho = 1e-6;
    private const double LargestRho = 1e6;
    private const double PolishRegularisation = 1e-9;

    private readonly OperatorSplittingOptions _options;
    private readonly BatchedData _data;
    private readonly BatchedSystem _system;
    private readonly bool _shared;
    private double _rho;
    private Tensor _inverse;
    private Tensor _z;
    private Tensor _w;
    private Tensor _y;
    private Tensor _nu;
    private Tensor _values;
    private Tensor _measures;
    private Tensor _iterations;

    /// <summary>Prepares a batch; everything lives in the caller's dispose scope.</summary>
    public OperatorSplitting(QuadraticProblem problem, OperatorSplittingOptions options)
    {
        _options = options;
        _data = new BatchedData(problem);
        _system = _data.System;
        _shared = _data.SharesFactors;
        _rho = options.InitialRho;
        _z = zeros_like(_data.P);
        _w = zeros_like(_data.D);
        _y = zeros_like(_data.D);
        _values = zeros_like(_data.B);
        _nu = zeros_like(_data.B);
        _inverse = Factor();
        _measures = full([3, problem.BatchSize], double.NaN.Held(), ScalarType.Float64, problem.P.device);
        _iterations = zeros(problem.BatchSize, ScalarType.Float64, problem.P.device);
    }

    /// <inheritdoc/>
    public Tensor Solve(CancellationToken cancellation)
    {
        for (int iteration = 1; iteration <= _options.MaximumIterations; iteration++)
        {
            cancellation.ThrowIfCancellationRequested();
            using DisposeScope scope = NewDisposeScope();
            Iterate();
            bool finished = iteration % _options.CheckInterval == 0 && Check(iteration);
            scope.MoveToOuter(_z, _w, _y, _nu, _values, _inverse, _measures, _iterations);
            if (finished)
            {
                break;
            }
        }

        Polish();
        return _measures.amax([0]).le(_options.Tolerance.Held()).logical_and(_data.Contradicted(_z).logical_not());
    }

    /// <inheritdoc/>
    public BatchedState State() => _data.ToState(_z, _nu, Slack(), _y);

    /// <inheritdoc/>
    public Tensor Statistics() => cat([_data.Report(_measures, _data.Residuals(_z, _nu, Slack(), _y)), _iterations.unsqueeze(0)], 0);

    private Tensor Slack() => where(_data.Active > 0.Held(), _data.D - _w, ones_like(_w));

    private void Iterate()
    {
        double relaxation = _options.Relaxation, equality = EqualityFactor * _rho;
        Tensor right = _system.AddTransposed((_z * Sigma.Held()).sub_(_data.P), (_w * _rho.Held()).sub_(_y), (_values * equality.Held()).sub_(_nu));
        Tensor z = BatchedSystem.TransposedApply(_inverse, BatchedSystem.Apply(_inverse, right));
        Tensor relaxed = (_data.Active * _system.ApplyC(z)).mul_(relaxation.Held()).PlusInPlace(_w * (1 - relaxation).Held());
        Tensor relaxedEqualities = _system.ApplyA(z).mul(relaxation.Held()).PlusInPlace(_values * (1 - relaxation).Held());
        _z = (z * relaxation.Held()).PlusInPlace(_z * (1 - relaxation).Held());
        Tensor w = minimum((_y / _rho.Held()).PlusInPlace(relaxed), _data.D);
        _y = _y.Plus((relaxed - w).mul_(_rho.Held())).clamp_(min: 0.Held()).mul_(_data.Active);
        _w = w;
        _nu = _nu.Plus((relaxedEqualities - _data.B).mul_(equality.Held()));
        _values = _data.B;
    }

    // One host read every few iterations: whether all rows have converged, and how far primal and dual residuals are apart.
    private bool Check(int iteration)
    {
        Tensor measures = _data.Measure(_data.Residuals(_z, _nu, Slack(), _y));
        Tensor unfinished = _measures.amax([0]).le(_options.Tolerance.Held()).logical_not();
        _iterations = where(unfinished, full_like(_iterations, iteration.Held()), _iterations);
        _measures = measures;

        // The rows that have converged have no say: theirs are ratios of roundings.
        Tensor asking = unfinished.logical_and(_data.Unsolvable.logical_not()).to(ScalarType.Float64);
        Tensor ratios = (measures[0] / measures[1].clamp(min: 1e-300.Held())).clamp_(1e-10.Held(), 1e10.Held()).log().nan_to_num(0);
        Tensor ratio = ((ratios * asking).sum() / asking.sum().clamp_(min: 1.Held())).mul_(0.5.Held()).exp();
        Tensor largest = measures.amax([0]).masked_fill(_data.Unsolvable, 0.Held()).max();
        double[] read = stack([largest, ratio]).cpu().data<double>().ToArray();
        if (read[0] <= _options.Tolerance)
        {
            return true;
        }

        if (read[1] > _options.RhoAdaptation || read[1] < 1 / _options.RhoAdaptation)
        {
            _rho = Math.Clamp(_rho * read[1], SmallestRho, LargestRho);
            _inverse = Factor();
        }

        return false;
    }

    private Tensor Factor()
    {
        Tensor active = _shared ? _data.Active.narrow(0, 0, 1) : _data.Active;
        Tensor h = _system.Hessian(_system.Objective(_data.Curvature, Sigma), active * _rho.Held());
        if (_system.A is not null)
        {
            h = h.Plus(_system.A.transpose(-1, -2).matmul(_system.A) * ((EqualityFactor * _rho) - 1).Held());
        }

        return _system.InverseFactor(h);
    }

    // Solves the equality-constrained problem of the constraints that hold with equality; rows that this makes worse stay as they are.
    private void Polish()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor tight = (_data.Active * _y).gt(_data.Active * Slack()).to(ScalarType.Float64);
        Tensor weights = tight / PolishRegularisation.Held();
        (Tensor z, Tensor nu, Tensor y) = new BatchedKkt(_system, weights, _data.Curvature, PolishRegularisation)
            .SolveRefined(weights, zeros_like(weights), _data.P, -_data.B, -_data.D);
        y = (y * tight).clamp_(min: 0.Held());
        Tensor w = minimum(_data.Active * _system.ApplyC(z), _data.D);
        w = where(tight > 0.Held(), _data.D, w);
        Tensor slack = where(_data.Active > 0.Held(), _data.D - w, ones_like(w));
        Tensor polished = _data.Measure(_data.Residuals(z, nu, slack, y));
        Tensor current = _data.Measure(_data.Residuals(_z, _nu, Slack(), _y));
        Tensor better = polished.amax([0]).lt(current.amax([0]));
        Tensor rows = better.unsqueeze(1);
        _z = where(rows, z, _z);
        _nu = where(rows, nu, _nu);
        _y = where(rows, y, _y);
        _w = where(rows, w, _w);
        _measures = where(better, polished, current);
        scope.MoveToOuter(_z, _nu, _y, _w, _measures);
    }
}
