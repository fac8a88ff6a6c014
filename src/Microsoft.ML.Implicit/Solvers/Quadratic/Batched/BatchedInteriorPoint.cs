using Microsoft.ML.Implicit.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Quadratic.Batched;

/// <summary>
/// Mehrotra's predictor-corrector method on whole batches of tensors: one batched factorisation and one host read an iteration, two once all gaps have closed.
/// Finds the solutions of ordinary rows; what it leaves unsolved needs <see cref="Dense.Iterations.DenseInteriorPoint"/>.
/// </summary>
/// <remarks>
/// On a GPU the time goes into launching kernels, so every quantity is formed by as few as possible: iterates lie side by side in one
/// tensor, and steps are stored as what is taken off them, which saves the negations.
/// </remarks>
internal sealed class BatchedInteriorPoint : IBatchedMethod
{
    /// <summary>Ordinary rows take 8 to 15.</summary>
    public const int MaximumIterations = 30;

    private const double Regularisation = 1e-10;
    private const double StartRegularisation = 1e-7;
    private const double BackOff = 0.995;
    private const double SmallestStart = 1e-6;

    private readonly int _maximumIterations;
    private readonly BatchedData _data;
    private readonly BatchedSystem _system;
    private readonly long _constraints;
    private readonly Tensor _active;
    private readonly Tensor _objective;
    private readonly Tensor? _unsolvable;
    private readonly Tensor _one;
    private readonly Tensor _inverseCount;
    private readonly Tensor _tolerances;
    private readonly double _gapTolerance;

    // Iterations at which each row had finished, and at which it had converged.
    private readonly Tensor _idleSteps;
    private readonly Tensor _separatingSteps;

    // 1 for the multipliers of constraints that are switched off, which stay zero.
    private readonly Tensor? _padding;
    private readonly BatchedIterate _x;
    private Tensor? _report;
    private int _steps;

    /// <summary>Prepares a batch; everything lives in the caller's dispose scope.</summary>
    public BatchedInteriorPoint(QuadraticProblem problem, InteriorPointOptions options)
    {
        _maximumIterations = Math.Min(options.MaximumIterations, MaximumIterations);
        _data = new BatchedData(problem);
        _system = _data.System;
        _objective = _system.Objective(_data.Curvature, Regularisation);
        _unsolvable = _data.Unsolvable.any().item<bool>() ? _data.Unsolvable : null;
        _active = _data.Active;
        _constraints = _active.shape[1];
        _one = ones(1, ScalarType.Float64, problem.P.device);
        _inverseCount = _active.sum(1).clamp_(min: 1.Held()).reciprocal_();
        _padding = _data.AllActive ? null : cat([zeros_like(_active), 1.Held().Minus(_active)], 1);
        _tolerances = tensor([options.Tolerance, options.Tolerance, options.GapTolerance], [3, 1], ScalarType.Float64, problem.P.device);
        _gapTolerance = options.GapTolerance;
        _idleSteps = zeros(problem.BatchSize, ScalarType.Float64, problem.P.device);
        _separatingSteps = zeros_like(_idleSteps);
        _x = new BatchedIterate(Start(), problem.Variables, _constraints);
    }

    /// <inheritdoc/>
    public Tensor Solve(CancellationToken cancellation)
    {
        for (; ; _steps++)
        {
            cancellation.ThrowIfCancellationRequested();
            using DisposeScope scope = NewDisposeScope();
            BatchedResiduals residuals = _data.Residuals(_x.Z, _x.Nu, _x.S, _x.Lambda);

            // Until a gap has closed no row has converged, and nothing else need be measured.
            BatchedGap gap = _data.Gap(residuals);
            long closed = OrUnsolvable(gap.Relative.le(_gapTolerance.Held())).sum().item<long>();
            if (closed == 0 && _steps < _maximumIterations)
            {
                Advance(residuals, null);
                continue;
            }

            // A row that has converged stays as it is, and so do its measures.
            Tensor measures = _data.Measure(residuals, gap);
            Tensor converged = measures.le(_tolerances).all(0);
            Tensor separated = IsSeparated().logical_or(_separatingSteps.ge(Complementarity.MaximumSteps.Held()));
            Tensor finished = OrUnsolvable(converged.logical_and(separated));
            if (_steps == _maximumIterations || (closed == _data.Problem.BatchSize && finished.all().item<bool>()))
            {
                _report = _data.Report(measures, residuals).MoveToOuterDisposeScope();
                return converged.logical_and(_data.Contradicted(_x.Z).logical_not()).MoveToOuterDisposeScope();
            }

            _idleSteps.PlusInPlace(finished);
            _separatingSteps.PlusInPlace(converged);
            Advance(residuals, finished.unsqueeze(1));
        }
    }

    /// <inheritdoc/>
    public BatchedState State() => _data.ToState(_x.Z, _x.Nu, _x.S, _x.Lambda);

    /// <inheritdoc/>
    public Tensor Statistics() => cat([_report!, ((double)_steps).Held().Minus(_idleSteps).unsqueeze(0)], 0);

    private Tensor OrUnsolvable(Tensor rows) => _unsolvable is null ? rows : rows.logical_or(_unsolvable);

    // Rows that have finished stay; null where there are none.
    private void Advance(BatchedResiduals r, Tensor? finished)
    {
        Tensor inverse = _active / _x.S.add(_x.Lambda, Regularisation.Held());
        var newton = new BatchedNewton(_data, r, inverse, _objective);
        if (_constraints == 0)
        {
            _x.Packed.sub_(Hold(newton.Step(newton.Shift, refine: true).Packed, finished));
            return;
        }

        Tensor positive = _padding is null ? _x.Positive : _x.Positive.Plus(_padding);
        BatchedStep affine = newton.Step(newton.Shift, refine: false);
        Tensor affinePositive = affine.Positive;
        Tensor affineLength = Rate(affinePositive, positive).clamp_(min: 1.Held()).reciprocal_();
        Tensor moved = _x.Positive.addcmul(affineLength, affinePositive, (-1).Held());
        Tensor complementarity = (moved.narrow(1, 0, _constraints) * moved.narrow(1, _constraints, _constraints)).sum(1);
        Tensor mu = r.Gap * _inverseCount;
        Tensor centring = (complementarity / r.Gap).clamp_(0.Held(), 1.Held()).pow(3.Held()).mul_(mu).unsqueeze(1);

        Tensor step = Hold(newton.Step(newton.ShiftBy((affine.S * affine.Lambda).sub_(centring)), refine: true).Packed, finished);
        Tensor share = _one.addcmul(r.Gap, _inverseCount, (-1).Held()).clamp_(min: BackOff.Held()).unsqueeze(1);
        Tensor length = share / maximum(Rate(step.narrow(1, 0, 2 * _constraints), positive), share);
        _x.Packed.addcmul_(length, step, (-1).Held());
    }

    // Whether every constraint is clearly held or clearly not.
    private Tensor IsSeparated() =>
        minimum(_x.S, _x.Lambda).le(maximum(_x.S, _x.Lambda).mul_(Complementarity.Separation.Held())).all(1);

    private static Tensor Hold(Tensor step, Tensor? finished) => finished is null ? step : step.masked_fill_(finished, 0.Held());

    // The inverse of the distance to the boundary, [batch, 1].
    private static Tensor Rate(Tensor step, Tensor positive) => (step / positive).amax([1], keepdim: true);

    // The minimiser of the objective plus half the squared violation, moved inside (Mehrotra, 1992, section 7).
    private Tensor Start()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor weights = _data.SharesFactors ? _active.narrow(0, 0, 1) : _active;
        (Tensor z, Tensor nu) = new BatchedKkt(_system, weights, _data.Curvature, StartRegularisation)
            .Solve(_system.AddTransposed(-_data.P, _active * _data.D, null), _data.B);
        if (_constraints == 0)
        {
            return new BatchedStep(_active, _active, z, nu).Packed.MoveToOuterDisposeScope();
        }

        Tensor slack = _data.D - _data.Products(z).C, constrained = _active > 0.Held(), none = full_like(slack, double.PositiveInfinity.Held());
        Tensor slackShift = where(constrained, slack, none).amin([1], keepdim: true).mul_((-1.5).Held()).clamp_(min: 0.Held());
        Tensor multiplierShift = where(constrained, -slack, none).amin([1], keepdim: true).mul_((-1.5).Held()).clamp_(min: 0.Held());
        Tensor movedSlack = _active * slack.Plus(slackShift), movedMultiplier = _active * (multiplierShift - slack);
        Tensor product = (movedSlack * movedMultiplier).sum([1], keepdim: true).mul_(0.5.Held());
        slackShift = slackShift.Plus((product / movedMultiplier.sum([1], keepdim: true)).nan_to_num_(0, 0, 0));
        multiplierShift = multiplierShift.Plus((product / movedSlack.sum([1], keepdim: true)).nan_to_num_(0, 0, 0));
        Tensor s = where(constrained, slack.Plus(slackShift).clamp_(min: SmallestStart.Held()), ones_like(slack));
        Tensor lambda = _active * (multiplierShift - slack).clamp_(min: SmallestStart.Held());
        return cat([s, lambda, z, nu], 1).MoveToOuterDisposeScope();
    }
}
