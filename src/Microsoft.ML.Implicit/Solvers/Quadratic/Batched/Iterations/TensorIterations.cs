using Microsoft.ML.Implicit.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Quadratic.Batched.Iterations;

/// <summary>Iterations by tensor operations, on any device and for programs of any size: one batched factorisation and one host read each, two once all gaps have closed.</summary>
/// <remarks>
/// On a GPU the time goes into launching kernels, so every quantity is formed by as few as possible: iterates lie side by side in one
/// tensor, and steps are stored as what is taken off them, which saves the negations.
/// </remarks>
internal sealed class TensorIterations : IBatchedIterations
{
    private readonly BatchedData _data;
    private readonly Tensor _objective;
    private readonly long _constraints;
    private readonly Tensor _active;
    private readonly Tensor? _unsolvable;
    private readonly Tensor _one;
    private readonly Tensor _inverseCount;
    private readonly Tensor _tolerances;
    private readonly double _gapTolerance;

    // 1 for the multipliers of constraints that are switched off, which stay zero.
    private readonly Tensor? _padding;

    /// <summary>Prepares the iterations of a batch; everything lives in the caller's dispose scope.</summary>
    /// <param name="data">The problems in normal units.</param>
    /// <param name="objective"><see cref="BatchedSystem.Objective"/> with the proximal weight of z.</param>
    /// <param name="options">Tolerances.</param>
    public TensorIterations(BatchedData data, Tensor objective, InteriorPointOptions options)
    {
        _data = data;
        _objective = objective;
        _unsolvable = data.Unsolvable.any().item<bool>() ? data.Unsolvable : null;
        _active = data.Active;
        _constraints = _active.shape[1];
        _one = ones(1, ScalarType.Float64, _active.device);
        _inverseCount = _active.sum(1).clamp_(min: 1.Held()).reciprocal_();
        _padding = data.AllActive ? null : cat([zeros_like(_active), 1.Held().Minus(_active)], 1);
        _tolerances = tensor([options.Tolerance, options.Tolerance, options.GapTolerance], [3, 1], ScalarType.Float64, _active.device);
        _gapTolerance = options.GapTolerance;
    }

    /// <inheritdoc/>
    public (Tensor Converged, Tensor Steps) Run(BatchedIterate x, int maximumSteps, CancellationToken cancellation)
    {
        // At which each row had finished, and at which it had converged.
        Tensor idleSteps = zeros(_data.Problem.BatchSize, ScalarType.Float64, _active.device), separatingSteps = zeros_like(idleSteps);
        for (int steps = 0; ; steps++)
        {
            cancellation.ThrowIfCancellationRequested();
            using DisposeScope scope = NewDisposeScope();
            BatchedResiduals residuals = _data.Residuals(x.Z, x.Nu, x.S, x.Lambda);

            // Until a gap has closed no row has converged, and nothing else need be measured.
            BatchedGap gap = _data.Gap(residuals);
            long closed = OrUnsolvable(gap.Relative.le(_gapTolerance.Held())).sum().item<long>();
            if (closed == 0 && steps < maximumSteps)
            {
                Advance(x, residuals, null);
                continue;
            }

            // A row that has converged stays as it is, and so do its measures.
            Tensor converged = _data.Measure(residuals, gap).le(_tolerances).all(0);
            Tensor separated = IsSeparated(x).logical_or(separatingSteps.ge(Complementarity.MaximumSteps.Held()));
            Tensor finished = OrUnsolvable(converged.logical_and(separated));
            if (steps == maximumSteps || (closed == _data.Problem.BatchSize && finished.all().item<bool>()))
            {
                return (converged.MoveToOuterDisposeScope(), ((double)steps).Held().Minus(idleSteps).MoveToOuterDisposeScope());
            }

            idleSteps.PlusInPlace(finished);
            separatingSteps.PlusInPlace(converged);
            Advance(x, residuals, finished.unsqueeze(1));
        }
    }

    private Tensor OrUnsolvable(Tensor rows) => _unsolvable is null ? rows : rows.logical_or(_unsolvable);

    // Rows that have finished stay; null where there are none.
    private void Advance(BatchedIterate x, BatchedResiduals r, Tensor? finished)
    {
        Tensor inverse = _active / x.S.add(x.Lambda, BatchedInteriorPoint.Regularisation.Held());
        var newton = new BatchedNewton(_data, r, inverse, _objective);
        if (_constraints == 0)
        {
            x.Packed.sub_(Hold(newton.Step(newton.Shift, refine: true).Packed, finished));
            return;
        }

        Tensor positive = _padding is null ? x.Positive : x.Positive.Plus(_padding);
        BatchedStep affine = newton.Step(newton.Shift, refine: false);
        Tensor affinePositive = affine.Positive;
        Tensor affineLength = Rate(affinePositive, positive).clamp_(min: 1.Held()).reciprocal_();
        Tensor moved = x.Positive.addcmul(affineLength, affinePositive, (-1).Held());
        Tensor complementarity = (moved.narrow(1, 0, _constraints) * moved.narrow(1, _constraints, _constraints)).sum(1);
        Tensor mu = r.Gap * _inverseCount;
        Tensor centring = (complementarity / r.Gap).clamp_(0.Held(), 1.Held()).pow(3.Held()).mul_(mu).unsqueeze(1);

        Tensor step = Hold(newton.Step(newton.ShiftBy((affine.S * affine.Lambda).sub_(centring)), refine: true).Packed, finished);
        Tensor share = _one.addcmul(r.Gap, _inverseCount, (-1).Held()).clamp_(min: BatchedInteriorPoint.BackOff.Held()).unsqueeze(1);
        Tensor length = share / maximum(Rate(step.narrow(1, 0, 2 * _constraints), positive), share);
        x.Packed.addcmul_(length, step, (-1).Held());
    }

    // Whether every constraint is clearly held or clearly not.
    private static Tensor IsSeparated(BatchedIterate x) =>
        minimum(x.S, x.Lambda).le(maximum(x.S, x.Lambda).mul_(Complementarity.Separation.Held())).all(1);

    private static Tensor Hold(Tensor step, Tensor? finished) => finished is null ? step : step.masked_fill_(finished, 0.Held());

    // The inverse of the distance to the boundary, [batch, 1].
    private static Tensor Rate(Tensor step, Tensor positive) => (step / positive).amax([1], keepdim: true);
}
