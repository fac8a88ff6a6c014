using Microsoft.ML.Implicit.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Quadratic.Batched;

/// <summary>
/// Mehrotra's predictor-corrector method on whole batches of tensors: one batched factorisation and one host read an iteration.
/// Finds the solutions of ordinary rows; what it leaves unsolved needs <see cref="Dense.DenseInteriorPoint"/>.
/// </summary>
internal sealed class BatchedInteriorPoint : IBatchedMethod
{
    /// <summary>Ordinary rows take 8 to 15.</summary>
    public const int MaximumIterations = 30;

    private const double Regularisation = 1e-10;
    private const double StartRegularisation = 1e-7;
    private const double BackOff = 0.995;
    private const double SmallestStart = 1e-6;

    private readonly InteriorPointOptions _options;
    private readonly BatchedData _data;
    private readonly BatchedSystem _system;
    private readonly Tensor _active;
    private readonly Tensor _inactive;
    private readonly Tensor _count;
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
        _options = options;
        _data = new BatchedData(problem);
        _system = _data.System;
        _active = _data.Active;
        _inactive = 1.Held() - _active;
        _count = _active.sum(1).clamp_(min: 1.Held());
        _done = _data.Unsolvable;
        _iterations = zeros(problem.BatchSize, ScalarType.Float64, problem.P.device);
        _residuals = full([3, problem.BatchSize], double.NaN.Held(), ScalarType.Float64, problem.P.device);
        (_z, _nu, _s, _lambda) = Start();
    }

    /// <inheritdoc/>
    public Tensor Solve(CancellationToken cancellation)
    {
        for (int iteration = 0; ; iteration++)
        {
            cancellation.ThrowIfCancellationRequested();
            using DisposeScope scope = NewDisposeScope();
            BatchedResiduals residuals = _data.Residuals(_z, _nu, _s, _lambda);
            bool finished = Update(residuals) || iteration == Math.Min(_options.MaximumIterations, MaximumIterations);
            if (!finished)
            {
                Advance(residuals);
            }

            scope.MoveToOuter(_z, _nu, _s, _lambda, _done, _residuals, _iterations);
            if (finished)
            {
                return _done.logical_and(_data.Unsolvable.logical_not()).MoveToOuterDisposeScope();
            }
        }
    }

    /// <inheritdoc/>
    public BatchedState State() => _data.ToState(_z, _nu, _s, _lambda);

    /// <inheritdoc/>
    public Tensor Statistics() => cat([_residuals, _iterations.unsqueeze(0)], 0);

    // Marks the rows that have converged and says whether all have: the one host read of an iteration.
    private bool Update(BatchedResiduals r)
    {
        Tensor measures = _data.Measure(_z, r);
        Tensor converged = measures.narrow(0, 0, 2).amax([0]).le(_options.Tolerance.Held()).logical_and(measures[2].le(_options.GapTolerance.Held()));
        _residuals = where(_done, _residuals, measures);
        _done = _done.logical_or(converged);
        bool finished = _done.all().item<bool>();
        _iterations = _iterations + _done.logical_not().to(ScalarType.Float64);
        return finished;
    }

    private void Advance(BatchedResiduals r)
    {
        Tensor inverse = _active / (_s + (_lambda * Regularisation.Held()));
        Tensor weights = _lambda * inverse;
        var kkt = new BatchedKkt(_system, weights, Regularisation);
        Tensor product = _s * _lambda;
        Tensor weighted = weights * r.Inequality;
        (_, _, Tensor ds, Tensor dl) = Step(product, refine: false);
        Tensor affine = Boundary(ds, dl).clamp_(max: 1.Held()).unsqueeze(1);
        Tensor mu = r.Complementarity / _count;
        Tensor affineMu = ((_s + (affine * ds)) * (_lambda + (affine * dl))).sum(1) / _count;
        Tensor centring = (affineMu / mu).clamp_(0.Held(), 1.Held()).pow(3.Held()).mul_(mu).unsqueeze(1);
        (Tensor dz, Tensor dnu, ds, dl) = Step(product + (ds * dl) - (centring * _active), refine: true);
        Tensor length = (Boundary(ds, dl) * maximum(1.Held() - mu, full_like(mu, BackOff.Held()))).clamp_(max: 1.Held());
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
        return rate.clamp_(min: 1e-12.Held()).reciprocal_();
    }

    // The minimiser of the objective plus half the squared violation, moved inside (Mehrotra, 1992, section 7).
    private (Tensor Z, Tensor Nu, Tensor S, Tensor Lambda) Start()
    {
        using DisposeScope scope = NewDisposeScope();
        bool shared = _data.Problem.SharesMatrices && (_active.shape[1] == 0 || _active.min().item<double>() > 0);
        Tensor weights = shared ? _active.narrow(0, 0, 1) : _active;
        (Tensor z, Tensor nu) = new BatchedKkt(_system, weights, StartRegularisation)
            .Solve(_system.ApplyTransposed(_active * _data.D, zeros_like(_data.B)) - _data.P, _data.B);
        Tensor slack = _data.D - (_active * _system.ApplyC(z));
        Tensor s = slack, lambda = -slack;
        if (slack.shape[1] > 0)
        {
            Tensor none = full_like(slack, double.PositiveInfinity.Held()), constrained = _active > 0.Held();
            Tensor slackShift = where(constrained, s, none).amin([1], keepdim: true).mul_((-1.5).Held()).clamp_(min: 0.Held());
            Tensor multiplierShift = where(constrained, lambda, none).amin([1], keepdim: true).mul_((-1.5).Held()).clamp_(min: 0.Held());
            Tensor movedS = _active * (s + slackShift), movedLambda = _active * (lambda + multiplierShift);
            Tensor product = (movedS * movedLambda).sum([1], keepdim: true).mul_(0.5.Held());
            slackShift = slackShift + (product / movedLambda.sum([1], keepdim: true)).nan_to_num_(0, 0, 0);
            multiplierShift = multiplierShift + (product / movedS.sum([1], keepdim: true)).nan_to_num_(0, 0, 0);
            s = where(constrained, (s + slackShift).clamp(min: SmallestStart.Held()), ones_like(s));
            lambda = _active * (lambda + multiplierShift).clamp(min: SmallestStart.Held());
        }

        scope.MoveToOuter(z, nu, s, lambda);
        return (z, nu, s, lambda);
    }
}
