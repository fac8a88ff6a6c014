using Microsoft.ML.Implicit.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Quadratic.Dense;

/// <summary>Names what is to blame for a row without a solution, by solving it once more and reading the certificate.</summary>
internal static unsafe class DenseDiagnosis
{
    // A constraint whose multiplier is smaller than this share of the largest is no part of the contradiction.
    private const double Share = 1e-4;

    public static QuadraticDiagnosis Diagnose(QuadraticProblem problem, ConstraintLayout layout, InteriorPointOptions options, DenseResults results, int row)
    {
        SolveStatus status = results.Status(row);
        if (status == SolveStatus.NonConvex)
        {
            return QuadraticDiagnosis.Of(status) with { SmallestEigenvalue = SmallestEigenvalue(problem.Q!, row) };
        }

        if (status is not (SolveStatus.Infeasible or SolveStatus.Unbounded))
        {
            return QuadraticDiagnosis.Of(status);
        }

        using DisposeScope scope = NewDisposeScope();
        var data = new DenseData(problem);
        var team = new ThreadTeam(1);
        var matrices = new DenseMatrices(problem.Variables, problem.Inequalities, problem.Equalities, team);
        data.LoadMatrices(matrices, row);
        var dense = new DenseRow(layout);
        data.LoadRow(dense, matrices, row);
        var method = new DenseInteriorPoint(layout, options, team);
        if (status == SolveStatus.Infeasible && method.FindContradiction(dense))
        {
            return Contradiction(layout, method.Best);
        }

        method.Solve(dense, null, warm: false, CancellationToken.None);
        return status == SolveStatus.Infeasible
            ? Contradiction(layout, method.Best)
            : QuadraticDiagnosis.Of(status) with { Variables = Heaviest(method.Best.Z, layout.ActualVariables, Largest(method.Best.Z, layout.ActualVariables)) };
    }

    public static double SmallestEigenvalue(Tensor q, int row)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor matrix = (q.dim() > 2 ? q[row] : q).detach().to(ScalarType.Float64).cpu();
        return linalg.eigvalsh((matrix + matrix.t()) * 0.5.Held()).min().item<double>();
    }

    private static QuadraticDiagnosis Contradiction(ConstraintLayout layout, DenseIterate certificate)
    {
        double largest = Math.Max(Largest(certificate.Lambda, layout.Length), Largest(certificate.Nu, layout.Equalities));
        return QuadraticDiagnosis.Of(SolveStatus.Infeasible) with
        {
            Inequalities = Heaviest(certificate.Lambda, layout.Inequalities, largest),
            Equalities = Heaviest(certificate.Nu, layout.Equalities, largest),
            LowerBounds = layout.HasLower ? Heaviest(certificate.Lambda + layout.LowerOffset, layout.ActualVariables, largest) : [],
            UpperBounds = layout.HasUpper ? Heaviest(certificate.Lambda + layout.UpperOffset, layout.ActualVariables, largest) : [],
        };
    }

    private static double Largest(double* values, int count)
    {
        double largest = 0;
        for (int i = 0; i < count; i++)
        {
            largest = Math.Max(largest, Math.Abs(values[i]));
        }

        return largest;
    }

    private static int[] Heaviest(double* values, int count, double largest)
    {
        var heavy = new List<(int Index, double Weight)>();
        for (int i = 0; i < count; i++)
        {
            if (Math.Abs(values[i]) >= Share * largest)
            {
                heavy.Add((i, Math.Abs(values[i])));
            }
        }

        return [.. heavy.OrderByDescending(h => h.Weight).Select(h => h.Index)];
    }
}
