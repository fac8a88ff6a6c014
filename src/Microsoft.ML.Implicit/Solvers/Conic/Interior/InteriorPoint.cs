using Microsoft.ML.Implicit.Solvers.Conic.Blocks;
using Microsoft.ML.Implicit.Solvers.Conic.Systems;

namespace Microsoft.ML.Implicit.Solvers.Conic.Interior;

/// <summary>
/// The homogeneous interior point method for quadratic objectives (Goulart and Chen, 2024, "Clarabel"): Mehrotra's predictor and corrector on an embedding that has an
/// interior whether or not the program has a solution; its solutions give one of the program, or a certificate that there is none.
/// </summary>
internal sealed class InteriorPoint : IConeMethod
{
    // From where on Newton's method on the optimality conditions may converge.
    private const double PolishableResidual = 1e-4;

    // Where it is tried first. The fewer cones there are, the sooner all are seen to be active or not: of few it mostly spares the second half of the iterations, and of many it would fail and cost
    // factorisations.
    private const double EarlyResidual = 1e-2;
    private const double EarlyResidualOfMany = 1e-5;
    private const int FewCones = 64;

    // What residuals must have fallen by to try it again.
    private const double Progress = 1e-2;

    // How exact directions are: enough not to be what residuals are made of.
    private const double RelativePrecision = 1e-4;
    private const double CoarsestPrecision = 1e-6;

    private const double SmallestStartMu = 1e-10;

    // Iterations without a better iterate after which rounding is taken to have the last word.
    private const int Patience = 6;

    private readonly ConeOptions _options;
    private readonly ConeBlock[] _blocks;
    private readonly KktSystem _system;
    private readonly EmbeddingResiduals _residuals;
    private readonly PredictorCorrector _directions;
    private readonly Polishing _polishing;
    private readonly ConePoint _point;
    private readonly NearestProof _proof;
    private readonly double _earlyResidual;
    private bool _isPolished;

    public InteriorPoint(ScaledProgram program, ConeBlock[] blocks, KktSystem system, ConeOptions options)
    {
        (_options, _blocks, _system) = (options, blocks, system);
        (int n, int m) = (program.Q.Length, program.B.Length);
        _residuals = new EmbeddingResiduals(program, blocks);
        _polishing = new Polishing(program, blocks, system, _residuals);
        (_point, Best) = (new ConePoint(n, m), new ConePoint(n, m));
        _directions = new PredictorCorrector(program, blocks, system, _residuals, _point);
        _proof = new NearestProof(_residuals, n, m);
        _earlyResidual = blocks.Sum(block => block.Degree) <= FewCones ? EarlyResidual : EarlyResidualOfMany;
    }

    public ConePoint Best { get; }

    public ConePoint Proof => _proof.Point;

    /// <summary>Solves the program.</summary>
    /// <param name="start">The solution of a neighbouring program in this one's units, or null.</param>
    /// <param name="cancellation">Checked in every iteration.</param>
    public ConeOutcome Solve(ConePoint? start, CancellationToken cancellation)
    {
        _directions.TakeCosts();
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
        ConeOutcome given = _residuals.Measure(start, SolveStatus.Diverged, 0, 0);
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

        return _directions.TryScale(_directions.Mu) ? Run(cancellation) : given;
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
        _proof.Reset();
        bool hasBest = false;
        double least = double.PositiveInfinity, polished = double.PositiveInfinity;
        int lastBetter = 0;
        for (int iteration = 0; ; iteration++)
        {
            cancellation.ThrowIfCancellationRequested();
            _residuals.Update(_point);
            double mu = _directions.Mu;
            ConeOutcome now = _residuals.Measure(_point, SolveStatus.Converged, iteration, mu);
            if (!double.IsFinite(now.Worst))
            {
                return Finish(hasBest ? best : now, SolveStatus.Diverged, iteration);
            }

            if (!hasBest || now.Worst < best.Worst)
            {
                (best, hasBest, _isPolished) = (now, true, false);
                _point.CopyTo(Best);
            }

            if (now.Worst < least)
            {
                (least, lastBetter) = (now.Worst, iteration);
            }

            if (now.Worst <= _options.Tolerance)
            {
                return best;
            }

            if (now.Worst <= _earlyResidual && now.Worst <= Progress * polished)
            {
                polished = now.Worst;
                best = Polish(best);
                if (best.Worst <= _options.Tolerance)
                {
                    return best;
                }

                _residuals.Update(_point);
            }

            if (_proof.Update(_point, _options.CertificateTolerance) is { } proved)
            {
                return now with { Status = proved };
            }

            if (iteration == _options.IterationLimit)
            {
                return Finish(best, SolveStatus.MaximumIterations, iteration);
            }

            bool isAcceptable = best.Worst <= _options.AcceptableTolerance;
            if ((isAcceptable && iteration - lastBetter >= Patience) || !_directions.TryScale(mu) || !_system.TryFactor() || !_directions.TryStep(mu, Precision(now)))
            {
                return Finish(best, SolveStatus.Diverged, iteration);
            }
        }
    }

    private ConeOutcome Finish(ConeOutcome best, SolveStatus failure, int iterations)
    {
        best = best with { Iterations = iterations };
        return best.Worst <= _options.AcceptableTolerance ? best : _proof.Conclude(best with { Status = failure });
    }

    private static double Precision(ConeOutcome now) => Math.Clamp(RelativePrecision * now.Worst, KktSystem.FullPrecision, CoarsestPrecision);

    private void SetUnit()
    {
        Array.Clear(_point.X);
        foreach (ConeBlock block in _blocks)
        {
            block.SetUnit(block.Of(_point.S), block.Of(_point.Z));
        }

        (_point.Tau, _point.Kappa) = (1, 1);
    }
}
