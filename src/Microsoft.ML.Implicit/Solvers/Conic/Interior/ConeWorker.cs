using Microsoft.ML.Implicit.Numerics;
using Microsoft.ML.Implicit.Solvers.Conic.Faces;
using Microsoft.ML.Implicit.Solvers.Conic.Splitting;

namespace Microsoft.ML.Implicit.Solvers.Conic.Interior;

/// <summary>Solves rows on one thread.</summary>
internal sealed class ConeWorker
{
    // Units that follow what an undecided solve came to, each from what the one before found.
    private const int MostUnits = 3;

    // Of what is given about points that were found, each nearer than the one before.
    private const int MostCentres = 3;

    // Of the units of all variables: a point that is smaller as a whole may be nothing beside a limit that its units were taken from.
    private const double SmallestPoint = 1e-3;

    // Of how far a point is, from one choice of units to the next.
    private const int EndlessDoublings = 16;

    // Rounding leaves that of constraints at which numbers of very different orders meet.
    private const double FeasibleFarAway = 1e-3;

    private readonly ConeOptions _options;
    private readonly int _mostUnits;
    private readonly ConeData _data;
    private readonly StartRows? _start;
    private readonly ConePoint _point;
    private readonly ConeWorkspace _workspace;
    private readonly IConeMethod _method;
    private readonly EndlessDescent _descent = new(EndlessDoublings);
    private double _distance;

    /// <param name="data">The rows.</param>
    /// <param name="start">Where they set out from, or null.</param>
    /// <param name="options">The settings.</param>
    /// <param name="faces">Faces that take the place of cones, by the first slacks of these, or null.</param>
    public ConeWorker(ConeData data, StartRows? start, ConeOptions options, IReadOnlyDictionary<int, ConeFace>? faces = null)
    {
        (_data, _start, _options) = (data, start, options);
        _mostUnits = options.MaximumIterations is null ? MostUnits : 0;
        _point = new ConePoint(data.Problem.Variables, data.Problem.Constraints);
        _workspace = new ConeWorkspace(data, faces);
        _method = options.Method == ConeMethod.InteriorPoint
            ? new InteriorPoint(_workspace.Program, _workspace.Blocks, _workspace.System, options)
            : new OperatorSplitting(data.Problem.Cones, _workspace, options);
    }

    public void Solve(int row, ConeResults results, CancellationToken cancellation)
    {
        SolveStatus status = _workspace.Load(row);
        if (status != SolveStatus.Converged)
        {
            results.Fail(row, ConeOutcome.NotSolved(status));
            return;
        }

        ConeOutcome outcome = _method.Solve(Start(row), cancellation);
        _descent.Reset();
        _distance = 1;
        Take(row, outcome);
        Store(row, outcome, results, cancellation);
        if (IsUndecided(outcome.Status) && _mostUnits > 0 && TrySolveInFaces(row, outcome.Iterations, results, cancellation))
        {
            return;
        }

        outcome = SolveAgain(row, outcome, results, cancellation);
        if (_descent.Holds)
        {
            results.Fail(row, outcome with { Status = SolveStatus.NearlyUnbounded }, null, Array.ConvertAll(Unscaled(), Math.Abs));
        }
    }

    private ConePoint? Start(int row) => _start?.TryLoad(row, _workspace.Program, _point) == true ? _point : null;

    // About the point that was found, where variables are far from zero there, and in units that follow it. Of a row that was solved nothing is lost by a solve that fails.
    private ConeOutcome SolveAgain(int row, ConeOutcome outcome, ConeResults results, CancellationToken cancellation)
    {
        int centres = 0, follows = 0;
        while (true)
        {
            bool wasConverged = outcome.Status == SolveStatus.Converged, isCentred = TryCentre();
            if (!isCentred && !TryFollow())
            {
                return outcome;
            }

            int spent = outcome.Iterations;
            outcome = _method.Solve(isCentred ? Start(row) : null, cancellation);
            outcome = outcome with { Iterations = outcome.Iterations + spent };
            Take(row, outcome);
            if (outcome.Status == SolveStatus.Converged)
            {
                StoreSolution(row, outcome, results);
            }
            else if (wasConverged)
            {
                return outcome;
            }
        }

        bool TryCentre()
        {
            bool isUndecided = IsUndecided(outcome.Status), tellsWhere = isUndecided || outcome.Status == SolveStatus.Converged;
            bool isCentred = centres < MostCentres
                && ((tellsWhere && _workspace.Program.TryCentre(_data, row, _point)) || (centres == 0 && (isUndecided || IsNearly(outcome.Status)) && TryCentreNearest()));
            if (!isCentred)
            {
                return false;
            }

            centres++;
            _descent.Reset();
            return true;
        }

        // A solve that failed may have come to a point that tells nothing.
        bool TryCentreNearest()
        {
            var nearest = new ConePoint(_point.X.Length, _point.S.Length);
            return _workspace.TryFindNearest(nearest) && _workspace.Program.TryCentre(_data, row, nearest);
        }

        bool TryFollow()
        {
            bool isWorthTrying = IsUndecided(outcome.Status) ? follows < _mostUnits : follows + centres == 0 && _mostUnits > 0 && IsSmall(outcome);
            follows++;
            return isWorthTrying && _workspace.Program.TryFollow(_data, row, _point);
        }
    }

    // Their certificates would hold in duals of faces, which are larger than those of cones: what proves that there is no solution is left to the cones.
    private bool TrySolveInFaces(int row, int spent, ConeResults results, CancellationToken cancellation)
    {
        if (FaceSearch.Find(_data, row) is not { } faces)
        {
            return false;
        }

        var worker = new ConeWorker(_data, null, _options with { Method = ConeMethod.InteriorPoint }, faces);
        if (worker._workspace.Load(row) != SolveStatus.Converged || worker._method.Solve(null, cancellation) is not { Status: SolveStatus.Converged } outcome)
        {
            return false;
        }

        worker.StoreSolution(row, outcome with { Iterations = outcome.Iterations + spent }, results);
        results.Faces[row] = faces;
        return true;
    }

    private void Take(int row, ConeOutcome outcome)
    {
        _method.Best.CopyTo(_point);
        _distance *= DenseVector.MaximumMagnitude(_point.X) / _point.Tau;
        if (outcome.Status is not (SolveStatus.Diverged or SolveStatus.MaximumIterations))
        {
            _descent.Reset();
        }
        else if (outcome.Primal <= FeasibleFarAway)
        {
            _descent.Add(_distance, Objective(_data.Q(row), Unscaled(), _point));
        }
    }

    private double[] Unscaled()
    {
        double[] x = new double[_point.X.Length];
        _workspace.Program.ToVariables(_point, x);
        return x;
    }

    private double Objective(ReadOnlySpan<double> costs, ReadOnlySpan<double> x, ConePoint point) => DenseVector.Dot(costs, x) + _workspace.Program.Square(point);

    // What other curved cones satisfy in the limit alone would count as satisfied far away; exponentials are that large of ordinary numbers.
    private bool IsUndecided(SolveStatus status) =>
        status is SolveStatus.MaximumIterations or SolveStatus.Diverged
        || (IsNearly(status) && Array.TrueForAll(_workspace.Blocks, block => block.IsSeparable || block.FixesUnits));

    private static bool IsNearly(SolveStatus status) => status is SolveStatus.NearlyInfeasible or SolveStatus.NearlyUnbounded;

    private bool IsSmall(ConeOutcome outcome) => outcome.Status == SolveStatus.Converged && DenseVector.MaximumMagnitude(_point.X) <= SmallestPoint * _point.Tau;

    private void Store(int row, ConeOutcome outcome, ConeResults results, CancellationToken cancellation)
    {
        switch (outcome.Status)
        {
            case SolveStatus.Infeasible or SolveStatus.NearlyInfeasible:
                results.Fail(row, outcome, InfeasibilityCertificate(row), Array.ConvertAll(_method.Proof.Z, Math.Abs));
                break;
            case SolveStatus.Unbounded or SolveStatus.NearlyUnbounded:
                StoreUnbounded(row, outcome, results, cancellation);
                break;
            default:
                StoreSolution(row, outcome, results);
                break;
        }
    }

    // Costs that fall without limit say nothing where no point is feasible: a row is unbounded if it is not infeasible without costs.
    private void StoreUnbounded(int row, ConeOutcome outcome, ConeResults results, CancellationToken cancellation)
    {
        double[] certificate = UnboundednessCertificate(row), weights = Array.ConvertAll(_method.Proof.X, Math.Abs);
        _workspace.Program.DropCosts();
        ConeOutcome withoutCosts = _method.Solve(null, cancellation);
        int iterations = outcome.Iterations + withoutCosts.Iterations;
        if (withoutCosts.Status is SolveStatus.Infeasible or SolveStatus.NearlyInfeasible)
        {
            results.Fail(row, withoutCosts with { Iterations = iterations }, InfeasibilityCertificate(row), Array.ConvertAll(_method.Proof.Z, Math.Abs));
        }
        else
        {
            results.Fail(row, outcome with { Iterations = iterations }, certificate, weights);
        }
    }

    private void StoreSolution(int row, ConeOutcome outcome, ConeResults results)
    {
        ProgramUnits units = _workspace.Program.Units();
        ConePoint best = _method.Best;
        Span<double> x = results.XOf(row), s = results.SOf(row), y = results.YOf(row);
        _workspace.Program.ToVariables(best, x);
        Divide(best.S, best.Tau, ConeResults.Row(results.ScaledS, row, s.Length));
        Divide(best.Z, best.Tau, ConeResults.Row(results.ScaledY, row, y.Length));
        units.FromScaledSlacks(ConeResults.Row(results.ScaledS, row, s.Length), s);
        units.FromScaledMultipliers(ConeResults.Row(results.ScaledY, row, y.Length), y);
        results.Objectives[row] = Objective(_data.Q(row), x, best);
        results.Outcomes[row] = outcome;
        results.Units[row] = units;
    }

    private double[] InfeasibilityCertificate(int row)
    {
        double[] y = new double[_method.Proof.Z.Length];
        _workspace.Program.Units().FromScaledMultipliers(_method.Proof.Z, y);
        DenseVector.Scale(y, -1 / DenseVector.Dot(_data.B(row), y));
        return y;
    }

    private static void Divide(ReadOnlySpan<double> from, double divisor, Span<double> to)
    {
        from.CopyTo(to);
        DenseVector.Scale(to, 1 / divisor);
    }

    private double[] UnboundednessCertificate(int row)
    {
        double[] x = new double[_method.Proof.X.Length];
        _workspace.Program.Units().FromScaledDirection(_method.Proof.X, x);
        DenseVector.Scale(x, -1 / DenseVector.Dot(_data.Q(row), x));
        return x;
    }
}
