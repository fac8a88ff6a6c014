using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Solvers.Quadratic.Dense.Data;
using Microsoft.ML.Implicit.Solvers.Quadratic.Dense.Iterations;
using Microsoft.ML.Implicit.Solvers.Quadratic.Dense.Panels;
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
            return new QuadraticDiagnosis(status) with { SmallestEigenvalue = SmallestEigenvalue(problem.Q!, row) };
        }

        if (status == SolveStatus.InvalidInput)
        {
            return new QuadraticDiagnosis(status) with { InvalidArguments = InvalidArguments(problem, row) };
        }

        if (status is not (SolveStatus.Infeasible or SolveStatus.Unbounded))
        {
            return new QuadraticDiagnosis(status);
        }

        using DisposeScope scope = NewDisposeScope();
        var data = new DenseData(problem);
        var team = new ThreadTeam(1);
        var matrices = new DenseMatrices(layout, team);
        data.LoadMatrices(matrices, row);
        var dense = new DenseRow(layout);
        data.LoadRow(dense, matrices, row, fixesVariables: true);
        var method = new DenseInteriorPoint(layout, options, team);
        if (status == SolveStatus.Infeasible && method.FindContradiction(dense))
        {
            return Contradiction(layout, method.Best);
        }

        method.Solve(dense, null, warm: false, CancellationToken.None);
        return status == SolveStatus.Infeasible
            ? Contradiction(layout, method.Best)
            : new QuadraticDiagnosis(status) with { Variables = Heaviest(method.Best.Z, layout.ActualVariables, Largest(method.Best.Z, layout.ActualVariables)) };
    }

    public static double SmallestEigenvalue(Tensor q, int row)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor matrix = (q.dim() > 2 ? q[row] : q).detach().to(ScalarType.Float64).cpu();
        return linalg.eigvalsh(matrix.Plus(matrix.t()) * 0.5.Held()).min().item<double>();
    }

    // Right-hand sides and bounds may be infinite on the side where that switches them off.
    private static QuadraticArguments InvalidArguments(QuadraticProblem problem, int row)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor?[] arguments = problem.Arguments;
        var invalid = QuadraticArguments.None;
        for (int i = 0; i < arguments.Length; i++)
        {
            var argument = (QuadraticArguments)(1 << i);
            int dimensions = argument is QuadraticArguments.Q or QuadraticArguments.G or QuadraticArguments.A ? 2 : 1;
            if (arguments[i] is not { } tensor)
            {
                continue;
            }

            Tensor values = dimensions == 2 ? Row(tensor, row) : (tensor.dim() > 1 ? tensor[row] : tensor).detach();
            Tensor valid = argument switch
            {
                QuadraticArguments.H => (values / Row(problem.G!, row).abs().amax([-1]).clamp_(min: 1.Held())).gt((-DenseRow.Infinity).Held()),
                QuadraticArguments.Upper => values.gt((-DenseRow.Infinity).Held()),
                QuadraticArguments.Lower => values.lt(DenseRow.Infinity.Held()),
                _ => values.isfinite(),
            };
            invalid |= valid.all().item<bool>() ? QuadraticArguments.None : argument;
        }

        return invalid;
    }

    private static Tensor Row(Tensor matrices, int row) => (matrices.dim() > 2 ? matrices[row] : matrices).detach();

    private static QuadraticDiagnosis Contradiction(ConstraintLayout layout, DenseIterate certificate)
    {
        double largest = Math.Max(Largest(certificate.Lambda, layout.Length), Largest(certificate.Nu, layout.Equalities));
        return new QuadraticDiagnosis(SolveStatus.Infeasible) with
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
