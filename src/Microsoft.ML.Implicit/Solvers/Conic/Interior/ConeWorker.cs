using Microsoft.ML.Implicit.Solvers.Conic.Splitting;

namespace Microsoft.ML.Implicit.Solvers.Conic.Interior;

/// <summary>Solves rows on one thread.</summary>
internal sealed class ConeWorker
{
    private readonly ConeData _data;
    private readonly StartRows? _start;
    private readonly ConePoint _startPoint;
    private readonly ConeWorkspace _workspace;
    private readonly IConeMethod _method;

    public ConeWorker(ConeData data, StartRows? start, ConeOptions options)
    {
        (_data, _start) = (data, start);
        _startPoint = new ConePoint(data.Problem.Variables, data.Problem.Constraints);
        _workspace = new ConeWorkspace(data);
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

        bool hasStart = _start?.TryLoad(row, _workspace.Program, _startPoint) == true;
        ConeOutcome outcome = _method.Solve(hasStart ? _startPoint : null, cancellation);
        switch (outcome.Status)
        {
            case SolveStatus.Infeasible or SolveStatus.NearlyInfeasible:
                results.Fail(row, outcome, InfeasibilityCertificate(row), Array.ConvertAll(_method.Best.Z, Math.Abs));
                break;
            case SolveStatus.Unbounded or SolveStatus.NearlyUnbounded:
                StoreUnbounded(row, outcome, results, cancellation);
                break;
            default:
                Store(row, outcome, results);
                break;
        }
    }

    // Costs that fall without limit say nothing where no point is feasible: a row is unbounded if it is not infeasible without costs.
    private void StoreUnbounded(int row, ConeOutcome outcome, ConeResults results, CancellationToken cancellation)
    {
        double[] certificate = UnboundednessCertificate(row), weights = Array.ConvertAll(_method.Best.X, Math.Abs);
        Array.Clear(_workspace.Program.Q);
        ConeOutcome withoutCosts = _method.Solve(null, cancellation);
        int iterations = outcome.Iterations + withoutCosts.Iterations;
        if (withoutCosts.Status is SolveStatus.Infeasible or SolveStatus.NearlyInfeasible)
        {
            results.Fail(row, withoutCosts with { Iterations = iterations }, InfeasibilityCertificate(row), Array.ConvertAll(_method.Best.Z, Math.Abs));
        }
        else
        {
            results.Fail(row, outcome with { Iterations = iterations }, certificate, weights);
        }
    }

    private void Store(int row, ConeOutcome outcome, ConeResults results)
    {
        ScaledProgram program = _workspace.Program;
        ConePoint best = _method.Best;
        Span<double> x = results.XOf(row), s = results.SOf(row), y = results.YOf(row);
        ScaledProgram.Convert(best.X, program.D, program.SolutionScale / best.Tau, x);
        Divide(best.S, best.Tau, ConeResults.Row(results.ScaledS, row, s.Length));
        Divide(best.Z, best.Tau, ConeResults.Row(results.ScaledY, row, y.Length));
        program.FromScaledSlacks(ConeResults.Row(results.ScaledS, row, s.Length), s);
        program.FromScaledMultipliers(ConeResults.Row(results.ScaledY, row, y.Length), y);
        double curvature = program.SolutionScale * program.CostScale * program.Curvature(best.X) / (best.Tau * best.Tau);
        results.Objectives[row] = DenseVector.Dot(_data.Q(row), x) + (curvature / 2);
        results.Outcomes[row] = outcome;
        results.Units[row] = program.Units();
    }

    private double[] InfeasibilityCertificate(int row)
    {
        double[] y = new double[_method.Best.Z.Length];
        _workspace.Program.FromScaledMultipliers(_method.Best.Z, y);
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
        double[] x = new double[_method.Best.X.Length];
        ScaledProgram.Convert(_method.Best.X, _workspace.Program.D, 1, x);
        DenseVector.Scale(x, -1 / DenseVector.Dot(_data.Q(row), x));
        return x;
    }
}
