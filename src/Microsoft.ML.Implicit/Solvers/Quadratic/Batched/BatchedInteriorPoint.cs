using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Quadratic.Batched;

/// <summary>
/// Mehrotra's predictor-corrector method on whole batches of tensors: one batched factorisation and one host read an iteration.
/// Finds the solutions of ordinary rows; what it leaves unsolved needs <see cref="Dense.DenseInteriorPoint"/>.
/// </summary>
internal sealed class BatchedInteriorPoint
{
    /// <summary>Ordinary rows take 8 to 15.</summary>
    public const int MaximumIterations = 30;

    private const double Regularisation = 1e-10;
    private const double StartRegularisation = 1e-7;
    private const double BackOff = 0.995;
    private const double SmallestStart = 1e-6;

    private readonly QuadraticProblem _problem;
    private readonly InteriorPointOptions _options;
    private readonly BatchedSystem _system;
    private readonly Tensor _p;
    private readonly Tensor _b;
    private readonly Tensor _d;
    private readonly Tensor _active;
    private readonly Tensor _inactive;
    private readonly Tensor _count;
    private readonly Tensor _dualScale;
    private readonly Tensor _primalScale;
    private readonly Tensor _equalityScale;
    private Tensor _z;
    private Tensor _nu;
    private Tensor _s;
    private Tensor _lambda;
    private Tensor _done;
    private Tensor _residuals;
    private Tensor _iterations;

    /// <summary>Prepares a batch; everything lives in the caller's dispose scope.</summary>
    public BatchedInteriorPoint(QuadraticProblem problem, InteriorPointOptions options)
    {
        _problem = problem;
        _options = options;
        _system = new BatchedSystem(problem);
        long batch = problem.BatchSize;
        Tensor p = Rows(problem.P), empty = zeros(1, 0, ScalarType.Float64, p.device);
        _p = (p * _system.VariableScale).expand(batch, problem.Variables);
        _b = problem.B is null ? empty.expand(batch, 0) : (Rows(problem.B) * _system.EqualityScale).expand(batch, problem.Equalities);
        Tensor d = _system.Stack(problem.H is null ? empty : Rows(problem.H), problem.Lower is null ? null : -Rows(problem.Lower), problem.Upper is null ? null : Rows(problem.Upper));
        Tensor constrained = d < Dense.DenseRow.Infinity;
        d = d * _system.ConstraintScale;
        long length = d.shape[1];
        _active = constrained.to(ScalarType.Float64).expand(batch, length);
        _inactive = 1 - _active;
        _d = where(constrained, d, ones_like(d)).expand(batch, length);
        _count = _active.sum(1).clamp_(min: 1);
        _dualScale = (_p * _system.InverseVariableScale).abs().amax([1]).add_(1);
        _primalScale = Largest(_active * _d / _system.ConstraintScale).add_(1);
        _equalityScale = Largest(_b / _system.EqualityScale).add_(1);
        _done = zeros(batch, ScalarType.Bool, p.device);
        _iterations = zeros(batch, ScalarType.Float64, p.device);
        _residuals = full([3, batch], double.NaN, ScalarType.Float64, p.device);
        (_z, _nu, _s, _lambda) = Start();
    }

    /// <summary>Iterates; returns which rows converged, [batch] Boolean.</summary>
    public Tensor Solve(CancellationToken cancellation)
    {
        for (int iteration = 0; ; iteration++)
        {
            cancellation.ThrowIfCancellationRequested();
            using DisposeScope scope = NewDisposeScope();
            BatchedResiduals residuals = Residuals();
            bool finished = Update(residuals) || iteration == Math.Min(_options.MaximumIterations, MaximumIterations);
            if (!finished)
            {
                Advance(residuals);
            }

            scope.MoveToOuter(_z, _nu, _s, _lambda, _done, _residuals, _iterations);
            if (finished)
            {
                return _done;
            }
        }
    }

    /// <summary>The iterates in the user's units.</summary>
    public BatchedState State() => new(
        _z * _system.VariableScale,
        _nu * _system.EqualityScale,
        where(_active > 0, _s / _system.ConstraintScale, full_like(_s, double.PositiveInfinity)),
        _lambda * _system.ConstraintScale);

    /// <summary>Relative primal and dual residuals and gaps, then iterations, [4, batch].</summary>
    public Tensor Statistics() => cat([_residuals, _iterations.unsqueeze(0)], 0);

    private static Tensor Rows(Tensor tensor)
    {
        Tensor rows = BatchedSystem.Double(tensor);
        return rows.dim() > 1 ? rows : rows.unsqueeze(0);
    }

    private static Tensor Largest(Tensor values) =>
        values.shape[1] > 0 ? values.abs().amax([1]) : zeros(values.shape[0], ScalarType.Float64, values.device);

    private BatchedResiduals Residuals()
    {
        Tensor qz = _system.ApplyQ(_z);
        return new BatchedResiduals(
            qz,
            _system.ApplyTransposed(_lambda, _nu).add_(qz).add_(_p),
            _active * _system.ApplyC(_z) + _s - _d,
            _system.ApplyA(_z) - _b,
            (_s * _lambda).sum(1));
    }

    // Marks the rows that have converged and says whether all have: the one host read of an iteration.
    private bool Update(BatchedResiduals r)
    {
        Tensor dual = (r.Stationarity * _system.InverseVariableScale).abs().amax([1]) / maximum(_dualScale, (r.Qz * _system.InverseVariableScale).abs().amax([1]).add_(1));
        Tensor primal = Largest(_active * r.Inequality / _system.ConstraintScale) / _primalScale;
        if (_problem.Equalities > 0)
        {
            primal = maximum(primal, Largest(r.Equality / _system.EqualityScale) / _equalityScale);
        }

        Tensor objective = (_z * (r.Qz * 0.5 + _p)).sum(1);
        Tensor gap = r.Complementarity / objective.abs().add_(1);
        Tensor converged = maximum(primal, dual).le(_options.Tolerance).logical_and(gap.le(_options.GapTolerance));
        _residuals = where(_done, _residuals, stack([primal, dual, gap]));
        _done = _done.logical_or(converged);
        bool finished = _done.all().item<bool>();
        _iterations = _iterations + _done.logical_not().to(ScalarType.Float64);
        return finished;
    }

    private void Advance(BatchedResiduals r)
    {
        Tensor inverse = _active / (_s + (_lambda * Regularisation));
        Tensor weights = _lambda * inverse;
        var kkt = new BatchedKkt(_system, weights, Regularisation);
        Tensor product = _s * _lambda;
        Tensor weighted = weights * r.Inequality;
        (_, _, Tensor ds, Tensor dl) = Step(product, refine: false);
        Tensor affine = Boundary(ds, dl).clamp_(max: 1).unsqueeze(1);
        Tensor mu = r.Complementarity / _count;
        Tensor affineMu = ((_s + (affine * ds)) * (_lambda + (affine * dl))).sum(1) / _count;
        Tensor centring = (affineMu / mu).clamp_(0, 1).pow(3).mul_(mu).unsqueeze(1);
        (Tensor dz, Tensor dnu, ds, dl) = Step(product + (ds * dl) - (centring * _active), refine: true);
        Tensor length = (Boundary(ds, dl) * maximum(1 - mu, full_like(mu, BackOff))).clamp_(max: 1);
        Tensor keep = _done.unsqueeze(1);
        length = length.unsqueeze(1);
        _z = where(keep, _z, _z + (length * dz));
        _nu = where(keep, _nu, _nu + (length * dnu));
        _s = where(keep, _s, _s + (length * ds));
        _lambda = where(keep, _lambda, _lambda + (length * dl));

        (Tensor Dz, Tensor Dnu, Tensor Ds, Tensor Dl) Step(Tensor complementarity, bool refine)
        {
            Tensor shift = weighted - (inverse * complementarity);
            (Tensor z, Tensor nu) = kkt.Solve((_system.ApplyTransposed(shift, zeros_like(_nu)) + r.Stationarity).neg_(), -r.Equality);
            Tensor constraints = _active * _system.ApplyC(z);
            Tensor l = (weights * constraints) + shift;
            if (refine)
            {
                (Tensor z1, Tensor nu1) = kkt.Solve(
                    (_system.ApplyQ(z) + _system.ApplyTransposed(l, nu) + r.Stationarity).neg_(),
                    (_system.ApplyA(z) + r.Equality).neg_());
                z = z + z1;
                nu = nu + nu1;
                constraints = _active * _system.ApplyC(z);
                l = (weights * constraints) + shift;
            }

            return (z, nu, (r.Inequality + constraints).neg_(), l);
        }
    }

    private Tensor Boundary(Tensor ds, Tensor dl)
    {
        if (ds.shape[1] == 0)
        {
            return ones(ds.shape[0], ScalarType.Float64, ds.device);
        }

        Tensor rate = maximum((ds / _s).neg_().amax([1]), (dl / (_lambda + _inactive)).neg_().amax([1]));
        return rate.clamp_(min: 1e-12).reciprocal_();
    }

    // The minimiser of the objective plus half the squared violation, moved inside (Mehrotra, 1992, section 7).
    private (Tensor Z, Tensor Nu, Tensor S, Tensor Lambda) Start()
    {
        using DisposeScope scope = NewDisposeScope();
        bool shared = _problem.SharesMatrices && (_active.shape[1] == 0 || _active.min().item<double>() > 0);
        Tensor weights = shared ? _active.narrow(0, 0, 1) : _active;
        (Tensor z, Tensor nu) = new BatchedKkt(_system, weights, StartRegularisation)
            .Solve(_system.ApplyTransposed(_active * _d, zeros_like(_b)) - _p, _b);
        Tensor slack = _d - (_active * _system.ApplyC(z));
        Tensor s = slack, lambda = -slack;
        if (slack.shape[1] > 0)
        {
            Tensor none = full_like(slack, double.PositiveInfinity), constrained = _active > 0;
            Tensor slackShift = where(constrained, s, none).amin([1], keepdim: true).mul_(-1.5).clamp_(min: 0);
            Tensor multiplierShift = where(constrained, lambda, none).amin([1], keepdim: true).mul_(-1.5).clamp_(min: 0);
            Tensor movedS = _active * (s + slackShift), movedLambda = _active * (lambda + multiplierShift);
            Tensor product = (movedS * movedLambda).sum([1], keepdim: true).mul_(0.5);
            slackShift = slackShift + (product / movedLambda.sum([1], keepdim: true)).nan_to_num_(0, 0, 0);
            multiplierShift = multiplierShift + (product / movedS.sum([1], keepdim: true)).nan_to_num_(0, 0, 0);
            s = where(constrained, (s + slackShift).clamp(min: SmallestStart), ones_like(s));
            lambda = _active * (lambda + multiplierShift).clamp(min: SmallestStart);
        }

        scope.MoveToOuter(z, nu, s, lambda);
        return (z, nu, s, lambda);
    }
}
