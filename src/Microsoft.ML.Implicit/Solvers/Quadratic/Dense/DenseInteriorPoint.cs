using System.Runtime.CompilerServices;

namespace Microsoft.ML.Implicit.Solvers.Quadratic.Dense;

/// <summary>
/// Mehrotra's predictor-corrector method for one row (Mehrotra, 1992), proximally regularised: the proximal terms are centred at the current
/// iterate, so that they vanish at the solution (Pougkakiotis and Gondzio, 2021). All workspace of a solve, reused from row to row.
/// </summary>
internal sealed unsafe class DenseInteriorPoint
{
    private const double LargestRegularisation = 1e-7;
    private const double SmallestRegularisation = 1e-10;

    // Fraction of the distance to the boundary that a step may go: 1 - μ, but never so close that rounding takes it across.
    private const double SmallestFraction = 0.995;
    private const double LargestFraction = 1 - 1e-10;

    // A step that meets the boundary before this is replaced by a cautious one: more centring, which takes on less of the residuals.
    private const double ShortBoundary = 0.1;
    private const double CautiousCentring = 0.8;

    // A certificate that the constraints contradict each other holds to within rounding: less could be a solution far away.
    private const double Rounding = 1e-12;

    // An iterate that is a direction of recession to this is worth a closer look; in the end, one that is to the second.
    private const double RecessionTolerance = 1e-9;
    private const double LastRecessionTolerance = 1e-6;
    private const int StalledIterations = 5;

    // A warm start that needs more was a bad one.
    private const int WarmIterations = 15;

    // After this many steps shorter than this, the constraints are checked for a contradiction.
    private const int ShortSteps = 4;
    private const double ShortStep = 0.2;
    private const int FeasibilityIterations = 60;
    private const double FeasibilityTolerance = 1e-13;
    private const double RefinedFeasibility = 1e-6;

    // By then multipliers of constraints that are no part of a contradiction have vanished.
    private const double NamedFeasibility = 1e-10;

    private readonly ConstraintLayout _layout;
    private readonly InteriorPointOptions _options;
    private readonly PinnedBuffer _buffer;
    private readonly double* _complementarity;
    private readonly DenseResiduals _residuals;
    private readonly DenseNewton _newton;
    private readonly StartingPoint _start;
    private readonly RecessionDirection _recession;
    private readonly DenseIterate _affine;
    private readonly DenseIterate _step;
    private readonly DenseIterate _current;

    public DenseInteriorPoint(ConstraintLayout layout, InteriorPointOptions options, ThreadTeam team)
    {
        _layout = layout;
        _options = options;
        _buffer = new PinnedBuffer(layout.Length);
        _complementarity = _buffer.Take(layout.Length);
        _residuals = new DenseResiduals(layout);
        _newton = new DenseNewton(layout, team);
        _start = new StartingPoint(layout, _residuals, _newton, options.WarmStartMargin);
        _recession = new RecessionDirection(layout);
        _affine = new DenseIterate(layout);
        _step = new DenseIterate(layout);
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

        _residuals.Update(row, Best);
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
        double best = double.PositiveInfinity, expected = double.PositiveInfinity;
        var outcome = new DenseOutcome(SolveStatus.Diverged, 0);
        bool refine = false, checkedFeasibility = false;
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
                outcome = new DenseOutcome(SolveStatus.Converged, iteration);
                if (_current.IsSeparated() || separatingSteps++ == Complementarity.MaximumSteps || iteration == maximumIterations)
                {
                    return outcome;
                }

                Advance(row, refine: true);
                continue;
            }

            if (!double.IsFinite(residual))
            {
                return Finish(row, outcome, best, iteration);
            }

            stalled = residual < 0.9 * best ? 0 : stalled + 1;
            if (residual < best)
            {
                best = residual;
                Best.CopyFrom(_current);
                outcome = new DenseOutcome(SolveStatus.MaximumIterations, iteration);
            }

            if (_residuals.ProvesInfeasible(row, _current, Rounding, _options.Tolerance))
            {
                Best.CopyFrom(_current);
                return new DenseOutcome(SolveStatus.Infeasible, iteration);
            }

            if (IsUnbounded(row, RecessionTolerance))
            {
                return new DenseOutcome(SolveStatus.Unbounded, iteration);
            }

            if (iteration == maximumIterations || (stalled >= StalledIterations && best <= _options.AcceptableTolerance))
            {
                return Finish(row, outcome, best, iteration);
            }

            refine |= Infeasibility > Math.Max(2 * expected, 0.1 * _options.Tolerance);
            double length = Advance(row, refine || row.ActiveCount == 0);
            expected = Infeasibility * (1 - length);
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
        bool isAcceptable = best <= _options.AcceptableTolerance;
        SolveStatus status = isAcceptable ? SolveStatus.Converged : IsUnbounded(row, LastRecessionTolerance) ? SolveStatus.Unbounded : outcome.Status;
        return outcome with { Iterations = iteration, Status = status };
    }

    private bool IsUnbounded(DenseRow row, double tolerance)
    {
        if (!_residuals.SuggestsUnbounded(row, _current, tolerance) || !_recession.Find(row, _current.Z, _newton.OwnFactor))
        {
            return false;
        }

        Vectors.Copy(_recession.Direction, Best.Z, _layout.Variables);
        return true;
    }

    /// <summary>
    /// Finds the least violation of the constraints, which always exists. Where it is not zero, its multipliers prove that no point is feasible, and are left in <see cref="Best"/>.
    /// </summary>
    public bool FindContradiction(DenseRow row)
    {
        new Span<double>(_current.Z, _layout.Variables).Clear();
        new Span<double>(_current.Nu, _layout.PaddedEqualities).Clear();
        new Span<double>(_current.S, _layout.Length).Fill(1);
        Vectors.Copy(row.Active, _current.Lambda, _layout.Length);
        bool found = false;
        for (int iteration = 0; iteration < FeasibilityIterations; iteration++)
        {
            _residuals.UpdateElastic(row, _current);
            if (_residuals.ProvesInfeasible(row, _current, Rounding, _options.Tolerance))
            {
                Best.CopyFrom(_current);
                found = true;
            }

            if (!(_residuals.Largest > (found ? NamedFeasibility : FeasibilityTolerance)))
            {
                break;
            }

            _newton.FactorElastic(row, _current, SmallestRegularisation);
            Advance(row, _residuals.Mu, refine: _residuals.Largest < RefinedFeasibility);
        }

        return found;
    }

    private double Advance(DenseRow row, bool refine)
    {
        double regularisation = Math.Clamp(1e-3 * _residuals.Mu, SmallestRegularisation, LargestRegularisation);
        _newton.Factor(row, _current, regularisation, regularisation);
        return Advance(row, _residuals.Mu, refine);
    }

    // One predictor and corrector from one factorisation; returns the step length.
    private double Advance(DenseRow row, double mu, bool refine)
    {
        Vectors.Multiply(_current.S, _current.Lambda, 1, _complementarity, _layout.Length);
        if (row.ActiveCount == 0)
        {
            _newton.Solve(row, _residuals, 1, _complementarity, refine, _step);
            _current.Advance(_step, 1);
            return 1;
        }

        _newton.Solve(row, _residuals, 1, _complementarity, refine: false, _affine);
        double affineLength = _current.StepToBoundary(_affine);
        double affineMu = AffineComplementarity(affineLength) / row.ActiveCount;
        double ratio = Math.Clamp(affineMu / mu, 0, 1);
        double centring = ratio * ratio * ratio;
        double boundary = Correct(row, mu, centring, 1, 1, refine);
        double length = Length(boundary, mu);
        bool guarded = Infeasibility < _residuals.Relative.Gap;
        if (boundary < ShortBoundary || (guarded && length > LongestDescent()))
        {
            centring = Math.Max(centring, CautiousCentring);
            boundary = Correct(row, mu, centring, affineLength * affineLength, 1 - centring, refine);
            length = guarded ? Math.Min(Length(boundary, mu), LongestDescent()) : Length(boundary, mu);
        }

        _current.Advance(_step, length);
        return length;
    }

    private static double Length(double boundary, double mu) => Math.Min(1, Math.Clamp(1 - mu, SmallestFraction, LargestFraction) * boundary);

    // The length at which sᵀλ, a parabola along the step, is back at its present value. Without this limit the method can circle for ever (Cartis, 2009);
    // as long as other residuals are larger than the gap, sᵀλ may have to rise.
    private double LongestDescent()
    {
        double slope = Vectors.Dot(_current.S, _step.Lambda, _layout.Length) + Vectors.Dot(_current.Lambda, _step.S, _layout.Length);
        double curvature = Vectors.Dot(_step.S, _step.Lambda, _layout.Length);
        return slope < 0 && curvature > 0 ? -slope / curvature : double.PositiveInfinity;
    }

    // Solves for the corrected step, which cancels a share of the residuals; returns the distance to the boundary.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private double Correct(DenseRow row, double mu, double centring, double secondOrder, double share, bool refine)
    {
        for (int i = 0; i < _layout.Length; i++)
        {
            _complementarity[i] = (_current.S[i] * _current.Lambda[i]) + (secondOrder * _affine.S[i] * _affine.Lambda[i]) - (centring * mu * row.Active[i]);
        }

        _newton.Solve(row, _residuals, share, _complementarity, refine, _step);
        return Math.Min(Vectors.StepToBoundary(_current.S, _step.S, _layout.Length), Vectors.StepToBoundary(_current.Lambda, _step.Lambda, _layout.Length));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private double AffineComplementarity(double length)
    {
        double sum = 0;
        for (int i = 0; i < _layout.Length; i++)
        {
            sum += (_current.S[i] + (length * _affine.S[i])) * (_current.Lambda[i] + (length * _affine.Lambda[i]));
        }

        return sum;
    }
}
