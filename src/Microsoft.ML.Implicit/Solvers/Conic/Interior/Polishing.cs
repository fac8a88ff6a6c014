using Microsoft.ML.Implicit.Solvers.Conic.Blocks;
using Microsoft.ML.Implicit.Solvers.Conic.Systems;

namespace Microsoft.ML.Implicit.Solvers.Conic.Interior;

/// <summary>
/// Newton's method on the optimality conditions in u = s − y, of which s and y are the projections onto the cone and, negated, onto its polar (as in Busseti, Moursi and
/// Boyd, 2019, but for a path that is within rounding of them). It takes a solution from the square root of rounding, where flat optima leave
/// an interior point method, to rounding.
/// </summary>
internal sealed class Polishing
{
    // In scaled units.
    private const double PathMu = 1e-16;
    private const double Enough = 1e-13;
    private const int MaximumSteps = 6;

    // Nearer the solution, where it converges mostly, the first steps may lead away: of many constraints they tell which are active, from where on it is quadratic.
    private const double NearResidual = 1e-5;
    private const int MostStepsFromNear = 12;
    private const int MostWorseFromNear = 3;

    // How exact steps are: what is left of them is there for the next, which takes its square anyway.
    private const double Precision = 1e-8;

    private readonly ScaledProgram _program;
    private readonly ConeBlock[] _blocks;
    private readonly KktSystem _system;
    private readonly EmbeddingResiduals _residuals;
    private readonly ConePoint _point;
    private readonly ConePoint _step;

    public Polishing(ScaledProgram program, ConeBlock[] blocks, KktSystem system, EmbeddingResiduals residuals)
    {
        (_program, _blocks, _system, _residuals) = (program, blocks, system, residuals);
        _point = new ConePoint(program.Q.Length, program.B.Length);
        _step = new ConePoint(program.Q.Length, program.B.Length);
    }

    /// <summary>Replaces a point by a better one, if it finds one.</summary>
    /// <param name="point">The point.</param>
    /// <param name="outcome">What it was measured at.</param>
    /// <returns>What the point that is left is measured at.</returns>
    public ConeOutcome Run(ConePoint point, ConeOutcome outcome)
    {
        if (outcome.Worst <= Enough)
        {
            return outcome;
        }

        CopyDivided(point);
        (int most, int worse) = outcome.Worst <= NearResidual ? (MostStepsFromNear, MostWorseFromNear) : (MaximumSteps, 0);
        double least = double.PositiveInfinity;
        for (int i = 0; ; i++)
        {
            foreach (ConeBlock block in _blocks)
            {
                block.MoveToPath(block.Of(_point.S), block.Of(_point.Z), PathMu);
            }

            _residuals.Update(_point);
            ConeOutcome now = _residuals.Measure(_point, outcome.Status, outcome.Iterations, PathMu);
            if (now.Worst < outcome.Worst)
            {
                outcome = now;
                _point.CopyTo(point);
            }

            worse -= now.Worst < least ? 0 : 1;
            if (i == most || worse < 0 || now.Worst <= Enough || !_system.TryFactor())
            {
                return outcome;
            }

            least = Math.Min(least, now.Worst);
            Step();
        }
    }

    private void CopyDivided(ConePoint point)
    {
        point.CopyTo(_point);
        DenseVector.Scale(_point.X, 1 / point.Tau);
        DenseVector.Scale(_point.S, 1 / point.Tau);
        DenseVector.Scale(_point.Z, 1 / point.Tau);
        (_point.Tau, _point.Kappa) = (1, 0);
    }

    private void Step()
    {
        DenseVector.Scale(_residuals.Dual, -1);
        DenseVector.Scale(_residuals.Primal, -1);
        _system.Solve(_residuals.Dual, _residuals.Primal, _step.X, _step.Z, _step.S, Precision);
        (_step.Tau, _step.Kappa) = (0, 0);
        _point.Add(1, _step);
    }
}
