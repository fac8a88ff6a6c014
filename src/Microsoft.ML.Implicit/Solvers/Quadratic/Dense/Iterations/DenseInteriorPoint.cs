using Microsoft.ML.Implicit.Solvers.Quadratic.Dense.Data;
using Microsoft.ML.Implicit.Solvers.Quadratic.Dense.Panels;

namespace Microsoft.ML.Implicit.Solvers.Quadratic.Dense.Iterations;

/// <summary>
/// Mehrotra's predictor-corrector method for one row (Mehrotra, 1992), proximally regularised: the proximal terms are centred at the current
/// iterate, so that they vanish at the solution (Pougkakiotis and Gondzio, 2021). All workspace of a solve, reused from row to row.
/// </summary>
internal sealed unsafe class DenseInteriorPoint
{
    // An iterate that is a direction of recession to this is worth a closer look; in the end, one that is to the second.
    private const double RecessionTolerance = 1e-9;
    private const double LastRecessionTolerance = 1e-6;
    private const int StalledIterations = 5;

    // A step may leave this share of the residual that counts as none.
    private const double StepAccuracy = 0.1;

    // A warm start that needs more was a bad one.
    private const int WarmIterations = 15;

    // After this many steps shorter than this, the constraints are checked for a contradiction.
    private const int ShortSteps = 4;
    private const double ShortStep = 0.2;

    private readonly ConstraintLayout _layout;
    private readonly InteriorPointOptions _options;
    private readonly DenseResiduals _residuals;
    private readonly DenseNewton _newton;
    private readonly StartingPoint _start;
    private readonly RecessionDirection _recession;
    private readonly PredictorCorrector _predictorCorrector;
    private readonly FeasibilityPhase _feasibility;
    private readonly ProximalWeights _proximal;
    private readonly DenseIterate _current;

    // Whether the residuals are those of the best iterate.
    private bool _isMeasured;

    // Whether constraints of great weight are treated as equalities are: from the first step on that rounding would spoil otherwise.
    private bool _holds;

    public DenseInteriorPoint(ConstraintLayout layout, InteriorPointOptions options, ThreadTeam team)
    {
        _layout = layout;
        _options = options;
        _residuals = new DenseResiduals(layout);
        _newton = new DenseNewton(layout, team);
        _start = new StartingPoint(layout, _residuals, _newton, options.WarmStartMargin);
        _recession = new RecessionDirection(layout);
        _predictorCorrector = new PredictorCorrector(layout, _residuals, _newton);
        _feasibility = new FeasibilityPhase(layout, options, _residuals, _newton, _predictorCorrector);
        _proximal = new ProximalWeights(layout);
        _current = new DenseIterate(layout);
        Best = new DenseIterate(layout);
    }

    /// <summary>The best iterate of the last solve; a certificate where it ended as infeasible or unbounded.</summary>
    public DenseIterate Best { get; }

    /// <summary>The gradient of the Lagrangian at <see cref="Best"/>, of fixed variables too.</summary>
    public double* FixedGradient => _residuals.Gradient;

    private double Infeasibility => Math.Max(_residuals.Relative.Primal, _residuals.Relative.Dual);

    /// <summary>Solves one row.</summary>
    /// <param name="row">The row's data.</param>
    /// <param name="startFactor">Factors of the system with unit weights, where the batch shares them.</param>
    /// <param name="warm">Whether <see cref="Best"/> holds a starting point; if it leads nowhere, the row is solved without.</param>
    /// <param name="cancellation">Checked before every iteration.</param>
    public DenseOutcome Solve(DenseRow row, KktFactor? startFactor, bool warm, CancellationToken cancellation)
    {
        int spent = 0;
        if (warm)
        {
            _current.CopyFrom(Best);
            _start.SetWarm(row, _current);
            DenseOutcome outcome = Iterate(row, Math.Min(WarmIterations, _options.MaximumIterations), cancellation);
            if (outcome.Status == SolveStatus.Converged)
            {
                return Measure(row, outcome);
            }

            spent = outcome.Iterations;
        }

        _start.SetCold(row, startFactor, _current);
        DenseOutcome cold = Iterate(row, _options.MaximumIterations, cancellation);
        return Measure(row, cold with { Iterations = spent + cold.Iterations });
    }

    private DenseOutcome Measure(DenseRow row, DenseOutcome outcome)
    {
        bool hasIterate = outcome.Status is SolveStatus.Converged or SolveStatus.MaximumIterations;
        double size = hasIterate ? row.SizeOf(Best.Z) : Vectors.MaxMagnitude(row.VariableUnit, _layout.Variables);
        if (outcome.Status != SolveStatus.Infeasible && row.EmptyRows.Contradict(size))
        {
            row.EmptyRows.CopyCertificate(Best);
            return new DenseOutcome(SolveStatus.Infeasible, outcome.Iterations);
        }

        if (!hasIterate)
        {
            return outcome;
        }

        if (!_isMeasured)
        {
            _residuals.Update(row, Best);
        }

        ResidualNorms relative = _residuals.Relative, absolute = _residuals.Absolute(row);
        return outcome with
        {
            Objective = (_residuals.Objective * row.ObjectiveUnit) + row.Constant,
            Relative = relative with { Primal = Math.Max(relative.Primal, row.EmptyRows.Relative(size)) },
            Absolute = absolute with { Primal = Math.Max(absolute.Primal, row.EmptyRows.Violation) },
        };
    }

    private DenseOutcome Iterate(DenseRow row, int maximumIterations, CancellationToken cancellation)
    {
        double best = double.PositiveInfinity;
        var outcome = new DenseOutcome(SolveStatus.Diverged, 0);
        bool checkedFeasibility = false;
        _isMeasured = false;
        _holds = false;
        _proximal.Reset();
        int stalled = 0, shortSteps = 0, separatingSteps = 0;
        for (int iteration = 0; ; iteration++)
        {
            cancellation.ThrowIfCancellationRequested();
            _residuals.Update(row, _current);
            double residual = _residuals.Largest;
            bool converged = Infeasibility <= _options.Tolerance && _residuals.Relative.Gap <= _options.GapTolerance;
            if (outcome.Status == SolveStatus.Converged && !converged)
            {
                return outcome with { Iterations = iteration };
            }

            if (converged)
            {
                Best.CopyFrom(_current);
                _isMeasured = true;
                outcome = new DenseOutcome(SolveStatus.Converged, iteration);
                if (_current.IsSeparated() || separatingSteps++ == Complementarity.MaximumSteps || iteration == maximumIterations)
                {
                    return outcome;
                }

                _isMeasured = false;
                Advance(row, accuracy: 0);
                continue;
            }

            if (!double.IsFinite(residual))
            {
                return Finish(row, outcome, best, iteration);
            }

            _proximal.Adapt(_residuals, _options);
            stalled = residual < 0.9 * best ? 0 : _proximal.HasChanged ? stalled : stalled + 1;
            if (residual < best)
            {
                best = residual;
                Best.CopyFrom(_current);
                outcome = new DenseOutcome(SolveStatus.MaximumIterations, iteration);
            }

            if (_residuals.ProvesInfeasible(row, _current, FeasibilityPhase.Rounding, _options.Tolerance))
            {
                Best.CopyFrom(_current);
                return new DenseOutcome(SolveStatus.Infeasible, iteration);
            }

            if (IsUnbounded(row, RecessionTolerance) || (_proximal.HoldsBack && IsUnboundedAlong(row, _predictorCorrector.Step.Z)))
            {
                return Unbounded(row, iteration);
            }

            if (iteration == maximumIterations || (stalled >= StalledIterations && best <= _options.AcceptableTolerance))
            {
                return Finish(row, outcome, best, iteration);
            }

            double length = Advance(row, row.ActiveCount > 0 ? StepAccuracy * _options.Tolerance : 0);
            shortSteps += length < ShortStep ? 1 : 0;
            if (!checkedFeasibility && (shortSteps == ShortSteps || stalled == StalledIterations))
            {
                checkedFeasibility = true;
                if (FindContradiction(row))
                {
                    return new DenseOutcome(SolveStatus.Infeasible, iteration);
                }

                _current.CopyFrom(Best);
            }
        }
    }

    private DenseOutcome Finish(DenseRow row, DenseOutcome outcome, double best, int iteration)
    {
        if (best <= _options.AcceptableTolerance)
        {
            return outcome with { Iterations = iteration, Status = SolveStatus.Converged };
        }

        return IsUnbounded(row, LastRecessionTolerance) ? Unbounded(row, iteration) : outcome with { Iterations = iteration };
    }

    // A direction along which the objective falls for ever does not say that there is a point to begin at.
    private DenseOutcome Unbounded(DenseRow row, int iteration)
    {
        if (FindContradiction(row))
        {
            return new DenseOutcome(SolveStatus.Infeasible, iteration);
        }

        Vectors.Copy(_recession.Direction, Best.Z, _layout.Variables);
        return new DenseOutcome(SolveStatus.Unbounded, iteration);
    }

    private bool IsUnbounded(DenseRow row, double tolerance) =>
        _residuals.SuggestsUnbounded(row, _current, tolerance) && IsUnboundedAlong(row, _current.Z);

    private bool IsUnboundedAlong(DenseRow row, double* direction) => _recession.Find(row, direction, _newton.OwnFactor);

    /// <summary>Looks for multipliers that prove that no point is feasible, and leaves them in <see cref="Best"/>.</summary>
    public bool FindContradiction(DenseRow row) => _feasibility.FindContradiction(row, _current, Best);

    private double Advance(DenseRow row, double accuracy)
    {
        _newton.Factor(row, _current, _proximal.Primal, _proximal.Dual, _holds);
        double length = _predictorCorrector.FindStep(row, _current, accuracy);
        if (!_holds && _predictorCorrector.StepResidual > StepAccuracy * _options.Tolerance)
        {
            _holds = true;
            _newton.Factor(row, _current, _proximal.Primal, _proximal.Dual, _holds);
            length = _predictorCorrector.FindStep(row, _current, accuracy);
        }

        _predictorCorrector.TakeStep(row, _current, length);
        _proximal.Note(_current, _predictorCorrector.Step, length);
        return length;
    }
}
