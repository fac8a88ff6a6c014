using Microsoft.ML.Implicit.Solvers.Conic.Blocks;

namespace Microsoft.ML.Implicit.Solvers.Conic.Interior;

/// <summary>
/// The homogeneous interior point method for quadratic objectives (Goulart and Chen, 2024, "Clarabel"): Mehrotra's predictor and corrector on an embedding that has an
/// interior whether or not the program has a solution; its solutions give one of the program, or a certificate that there is none.
/// </summary>
internal sealed class InteriorPoint
{
    private const double StepFraction = 0.99;
    private const double ShortestStep = 1e-7;

    // From where on Newton's method on the optimality conditions may converge.
    private const double PolishableResidual = 1e-4;

    // Where it mostly does, and spares the last iterations.
    private const double EarlyResidual = 1e-5;

    // How exact directions are: enough not to be what residuals are made of.
    private const double RelativePrecision = 1e-4;
    private const double CoarsestPrecision = 1e-6;

    private const double SmallestStartMu = 1e-10;

    // Iterations without a better point after which rounding is taken to have the last word.
    private const int Patience = 6;

    private readonly ConeOptions _options;
    private readonly ScaledProgram _program;
    private readonly ConeBlock[] _blocks;
    private readonly KktSystem _system;
    private readonly EmbeddingResiduals _residuals;
    private readonly Polishing _polishing;
    private readonly ConePoint _point;
    private readonly ConePoint _trial;
    private readonly ConePoint _affine;
    private readonly ConePoint _step;
    private readonly ConePoint _constant;
    private readonly ConePoint _doubtful;
    private readonly double[] _first;
    private readonly double[] _second;
    private readonly double[] _negatedCost;
    private readonly double[] _constantDifference;
    private readonly double[] _constantImage;
    private readonly double[] _target;
    private readonly int _degree;
    private double _precision;
    private bool _isPolished;

    // The point that is nearest to proving that there is no solution, and how near.
    private double _doubt;
    private bool _doubtsInfeasibility;

    public InteriorPoint(ScaledProgram program, ConeBlock[] blocks, KktSystem system, ConeOptions options)
    {
        (_options, _program, _blocks, _system) = (options, program, blocks, system);
        (int n, int m) = (program.Q.Length, program.B.Length);
        _residuals = new EmbeddingResiduals(program, blocks);
        _polishing = new Polishing(program, blocks, system, _residuals);
        (_point, _trial, _affine, _step, _constant, _doubtful, Best) = (New(), New(), New(), New(), New(), New(), New());
        (_first, _negatedCost, _constantDifference, _constantImage) = (new double[n], new double[n], new double[n], new double[n]);
        (_second, _target) = (new double[m], new double[m]);
        _degree = blocks.Sum(block => block.Degree) + 1;

        ConePoint New() => new(n, m);
    }

    /// <summary>The best point of the last solve, or the one that holds the certificate; not divided by τ.</summary>
    public ConePoint Best { get; }

    /// <summary>Solves the program.</summary>
    /// <param name="start">The solution of a neighbouring program in this one's units, or null.</param>
    /// <param name="cancellation">Checked in every iteration.</param>
    public ConeOutcome Solve(ConePoint? start, CancellationToken cancellation)
    {
        for (int i = 0; i < _negatedCost.Length; i++)
        {
            _negatedCost[i] = -_program.Q[i];
        }

        int spent = 0;
        if (start is not null)
        {
            ConeOutcome near = SolveNear(start, cancellation);
            if (near.Status is SolveStatus.Converged or SolveStatus.Infeasible or SolveStatus.Unbounded)
            {
                return near;
            }

            spent = near.Iterations;
        }

        SetUnit();
        ConeOutcome outcome = Run(cancellation);
        return outcome with { Iterations = outcome.Iterations + spent };
    }

    // Where the same constraints are active, Newton's method on the optimality conditions mostly does; where not, the central path is joined as far from its end as
    // the start is from solving this program.
    private ConeOutcome SolveNear(ConePoint start, CancellationToken cancellation)
    {
        _residuals.Update(start);
        ConeOutcome given = _residuals.Measure(SolveStatus.Diverged, 0, 0);
        start.CopyTo(Best);
        if (Polish(given) is { Status: SolveStatus.Converged } polished && _isPolished)
        {
            return polished;
        }

        double mu = Math.Clamp(given.Worst, SmallestStartMu, 1);
        start.CopyTo(_point);
        (_point.Tau, _point.Kappa) = (1, mu);
        foreach (ConeBlock block in _blocks)
        {
            block.MoveToPath(block.Of(_point.S), block.Of(_point.Z), mu);
        }

        return TryScale(_point, Mu(_point)) ? Run(cancellation) : given;
    }

    private ConeOutcome Run(CancellationToken cancellation)
    {
        ConeOutcome outcome = Iterate(cancellation);
        return _isPolished || outcome.Status is not (SolveStatus.Converged or SolveStatus.Diverged or SolveStatus.MaximumIterations) || !(outcome.Worst <= PolishableResidual) ? outcome : Polish(outcome);
    }

    private ConeOutcome Polish(ConeOutcome outcome)
    {
        ConeOutcome polished = _polishing.Run(Best, outcome);
        _isPolished = polished.Worst <= _options.Tolerance;
        return polished.Worst <= _options.AcceptableTolerance ? polished with { Status = SolveStatus.Converged } : polished;
    }

    private ConeOutcome Iterate(CancellationToken cancellation)
    {
        ConeOutcome best = default;
        _doubt = double.PositiveInfinity;
        bool hasBest = false, hasPolished = false;
        for (int iteration = 0; ; iteration++)
        {
            cancellation.ThrowIfCancellationRequested();
            _residuals.Update(_point);
            double mu = Mu(_point);
            ConeOutcome now = _residuals.Measure(SolveStatus.Converged, iteration, mu);
            if (!double.IsFinite(now.Worst))
            {
                return Finish(hasBest ? best : now, SolveStatus.Diverged);
            }

            if (!hasBest || now.Worst < best.Worst)
            {
                (best, hasBest, _isPolished) = (now, true, false);
                _point.CopyTo(Best);
            }

            if (now.Worst <= _options.Tolerance)
            {
                return best;
            }

            if (now.Worst <= EarlyResidual && !hasPolished)
            {
                hasPolished = true;
                best = Polish(best);
                if (best.Worst <= _options.Tolerance)
                {
                    return best;
                }

                _residuals.Update(_point);
            }

            KeepLeastDoubt();
            if (_doubt <= _options.CertificateTolerance)
            {
                _doubtful.CopyTo(Best);
                return now with { Status = _doubtsInfeasibility ? SolveStatus.Infeasible : SolveStatus.Unbounded };
            }

            if (iteration == _options.MaximumIterations)
            {
                return Finish(best, SolveStatus.MaximumIterations);
            }

            _precision = Math.Clamp(RelativePrecision * now.Worst, KktSystem.FullPrecision, CoarsestPrecision);
            bool isAcceptable = best.Worst <= _options.AcceptableTolerance;
            if ((isAcceptable && iteration - best.Iterations >= Patience) || !TryScale(_point, mu) || !_system.TryFactor() || !TryStep(mu))
            {
                return Finish(best, SolveStatus.Diverged);
            }
        }
    }

    // Where no point proves anything, one may nearly do, as there is no proof of what holds in the limit alone.
    private ConeOutcome Finish(ConeOutcome best, SolveStatus failure)
    {
        if (best.Worst <= _options.AcceptableTolerance)
        {
            return best;
        }

        if (!(_doubt <= Math.Sqrt(_options.CertificateTolerance)))
        {
            return best with { Status = failure };
        }

        _doubtful.CopyTo(Best);
        return best with { Status = _doubtsInfeasibility ? SolveStatus.NearlyInfeasible : SolveStatus.NearlyUnbounded };
    }

    private void KeepLeastDoubt()
    {
        double infeasible = _residuals.DoubtOfInfeasibility, doubt = Math.Min(infeasible, _residuals.DoubtOfUnboundedness);
        if (doubt < _doubt)
        {
            (_doubt, _doubtsInfeasibility) = (doubt, doubt == infeasible);
            _point.CopyTo(_doubtful);
        }
    }

    private void SetUnit()
    {
        Array.Clear(_point.X);
        foreach (ConeBlock block in _blocks)
        {
            block.SetUnit(block.Of(_point.S), block.Of(_point.Z));
        }

        (_point.Tau, _point.Kappa) = (1, 1);
    }

    private double Mu(ConePoint point) => (DenseVector.Dot(point.S, point.Z) + (point.Tau * point.Kappa)) / _degree;

    private bool TryScale(ConePoint point, double mu) => Array.TrueForAll(_blocks, block => block.TryScale(block.Of(point.S), block.Of(point.Z), mu));

    private bool TryStep(double mu)
    {
        _system.Solve(_negatedCost, _program.B, _constant.X, _constant.Z, _constant.S, _precision);
        _point.S.CopyTo(_target, 0);
        Direct(_affine, 0, _point.Tau * _point.Kappa);
        double affineStep = LongestStep(_affine, 1);
        double sigma = Math.Pow(1 - affineStep, 3);
        _point.S.CopyTo(_target, 0);
        foreach (ConeBlock block in _blocks)
        {
            block.Correct(block.Of(_affine.S), block.Of(_affine.Z), sigma * mu, block.Of(_target));
        }

        Direct(_step, sigma, (_point.Tau * _point.Kappa) + (_affine.Tau * _affine.Kappa) - (sigma * mu));
        double step = StepFraction * LongestStep(_step, 1 / StepFraction);
        while (!IsNearPath(step))
        {
            step *= 0.8;
            if (!(step > ShortestStep))
            {
                return false;
            }
        }

        _point.Add(step, _step);
        return step > ShortestStep;
    }

    private bool IsNearPath(double step)
    {
        _point.CopyTo(_trial);
        _trial.Add(step, _step);
        double mu = Mu(_trial);
        return mu > 0 && Array.TrueForAll(_blocks, block => block.IsNearPath(block.Of(_trial.S), block.Of(_trial.Z), mu));
    }

    // Newton's direction that leaves sigma times the residuals and has −ds − H dz = target, −κ dτ − τ dκ = pairTarget.
    private void Direct(ConePoint direction, double sigma, double pairTarget)
    {
        double tau = _point.Tau, reduction = 1 - sigma;
        for (int i = 0; i < _first.Length; i++)
        {
            _first[i] = -reduction * _residuals.Dual[i];
        }

        for (int i = 0; i < _second.Length; i++)
        {
            _second[i] = _target[i] - (reduction * _residuals.Primal[i]);
        }

        _system.Solve(_first, _second, direction.X, direction.Z, direction.S, _precision);
        double denominator = (_point.Kappa / tau) + CurvatureOfConstant();
        double numerator = (reduction * _residuals.Tau) - (pairTarget / tau)
            + DenseVector.Dot(_program.Q, direction.X) + (2 / tau * DenseVector.Dot(_residuals.Px, direction.X)) + DenseVector.Dot(_program.B, direction.Z);
        direction.Tau = numerator / denominator;
        direction.Kappa = -(pairTarget + (_point.Kappa * direction.Tau)) / tau;
        DenseVector.AddScaled(direction.X, direction.Tau, _constant.X);
        DenseVector.AddScaled(direction.Z, direction.Tau, _constant.Z);
        DenseVector.AddScaled(direction.S, direction.Tau, _constant.S);
        DenseVector.AddScaled(direction.S, -1, _target);
    }

    // ‖x₂ − x / τ‖² − ‖x₂‖² in the norm of P, less the costs of (x₂, z₂).
    private double CurvatureOfConstant()
    {
        double sum = -DenseVector.Dot(_program.Q, _constant.X) - DenseVector.Dot(_program.B, _constant.Z);
        if (_program.P.Length > 0)
        {
            _constant.X.CopyTo(_constantDifference, 0);
            DenseVector.AddScaled(_constantDifference, -1 / _point.Tau, _point.X);
            DenseVector.Multiply(_program.P, _constantDifference, _constantImage);
            sum += DenseVector.Dot(_constantDifference, _constantImage);
            DenseVector.Multiply(_program.P, _constant.X, _constantImage);
            sum -= DenseVector.Dot(_constant.X, _constantImage);
        }

        return sum;
    }

    private double LongestStep(ConePoint direction, double limit)
    {
        limit = direction.Tau < 0 ? Math.Min(limit, -_point.Tau / direction.Tau) : limit;
        limit = direction.Kappa < 0 ? Math.Min(limit, -_point.Kappa / direction.Kappa) : limit;
        foreach (ConeBlock block in _blocks)
        {
            limit = block.LongestStep(block.Of(_point.S), block.Of(direction.S), block.Of(_point.Z), block.Of(direction.Z), limit);
        }

        return limit;
    }
}
