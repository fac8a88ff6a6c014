using Microsoft.ML.Implicit.Solvers.Conic;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Tests.Solvers.Conic;

/// <summary>Optimality and infeasibility, computed from the problem and the answer alone.</summary>
internal static class ConeCertificate
{
    /// <summary>Asserts that a row satisfies the optimality conditions.</summary>
    public static void AssertOptimal(ConeSolution solution, int row, double tolerance)
    {
        using DisposeScope scope = NewDisposeScope();
        (Tensor p, Tensor q, Tensor a, Tensor b) = Data(solution.Problem, row);
        Tensor x = solution.X[row], s = solution.S[row], y = solution.Y[row];
        Assert.AreEqual(Microsoft.ML.Implicit.Solvers.SolveStatus.Converged, solution.Status[row], solution.Describe(row));
        Small("stationarity", p.mv(x) + q + a.t().mv(y), Largest(p.mv(x), q, a.t().mv(y)));
        Small("feasibility", a.mv(x) + s - b, Largest(a.mv(x), s, b));
        double objective = ((x.dot(p.mv(x)) / 2) + q.dot(x)).item<double>(), gap = s.dot(y).item<double>();
        Assert.IsLessThanOrEqualTo(tolerance * (1 + Math.Abs(objective) + Largest(s) * Largest(y)), Math.Abs(gap), "gap");
        int start = 0;
        foreach (Cone cone in solution.Problem.Cones.Where(cone => cone.Dimension > 0))
        {
            double[] slack = [.. s.narrow(0, start, cone.Dimension).data<double>()], multiplier = [.. y.narrow(0, start, cone.Dimension).data<double>()];
            Assert.IsGreaterThanOrEqualTo(-tolerance * (1 + Largest(s)), Depth(cone, slack, isDual: false), $"slack of {cone}");
            Assert.IsGreaterThanOrEqualTo(-tolerance * (1 + Largest(y)), Depth(cone, multiplier, isDual: true), $"multiplier of {cone}");
            start += cone.Dimension;
        }

        void Small(string what, Tensor residual, double scale) => Assert.IsLessThanOrEqualTo(tolerance * Math.Max(scale, 1e-6), Largest(residual), what);
    }

    /// <summary>Asserts that a row's certificate proves what its status says.</summary>
    public static void AssertCertified(ConeSolution solution, int row, double tolerance)
    {
        using DisposeScope scope = NewDisposeScope();
        (Tensor p, Tensor q, Tensor a, Tensor b) = Data(solution.Problem, row);
        Tensor certificate = tensor(solution.Certificate(row)!, ScalarType.Float64);
        bool isInfeasible = solution.Status[row] is Microsoft.ML.Implicit.Solvers.SolveStatus.Infeasible or Microsoft.ML.Implicit.Solvers.SolveStatus.NearlyInfeasible;
        Tensor members = isInfeasible ? certificate : -a.mv(certificate);
        Tensor terms = (isInfeasible ? b : q).mul(certificate);

        // As exact as rounded numbers can be whose products cancel.
        Assert.AreEqual(-1, terms.sum().item<double>(), Math.Max(1e-12, 2e-15 * terms.abs().sum().item<double>()));
        Assert.IsLessThanOrEqualTo(tolerance, Largest(isInfeasible ? a.t().mv(certificate) : p.mv(certificate)));
        int start = 0;
        foreach (Cone cone in solution.Problem.Cones.Where(cone => cone.Dimension > 0))
        {
            double[] part = [.. members.narrow(0, start, cone.Dimension).contiguous().data<double>()];
            Assert.IsGreaterThanOrEqualTo(-tolerance, Depth(cone, part, isInfeasible), cone.ToString());
            start += cone.Dimension;
        }
    }

    private static double Largest(params Tensor[] tensors) => tensors.Max(x => x.numel() == 0 ? 0 : x.abs().max().item<double>());

    private static (Tensor P, Tensor Q, Tensor A, Tensor B) Data(ConeProblem problem, int row)
    {
        (int n, int m) = (problem.Variables, problem.Constraints);
        Tensor p = problem.P is null ? zeros(n, n, ScalarType.Float64) : Whole(problem.P, problem.PEntries), a = Whole(problem.A, problem.AEntries);
        return (Row(p, 3), Row(problem.Q, 2), Row(a, 3), Row(problem.B, 2));

        static Tensor Whole(Tensor values, SparseEntries? entries)
        {
            if (entries is null)
            {
                return values;
            }

            long[] places = [.. entries.RowIndices().Zip(entries.ColumnIndices, (row, column) => (row * entries.Columns) + column)];
            Tensor whole = zeros([.. values.shape[..^1], (long)entries.Rows * entries.Columns], ScalarType.Float64);
            return whole.index_add(-1, tensor(places), values.detach(), 1).reshape([.. values.shape[..^1], entries.Rows, entries.Columns]);
        }

        Tensor Row(Tensor x, int batched) => (x.dim() == batched ? x[row] : x).detach();
    }

    // How far a vector is inside a cone or its dual, negative outside.
    private static double Depth(Cone cone, double[] v, bool isDual)
    {
        switch (cone.Kind)
        {
            case ConeKind.Zero:
                return isDual ? 0 : -v.Max(Math.Abs);
            case ConeKind.Nonnegative:
                return v.Min();
            case ConeKind.SecondOrder:
                return v[0] - Math.Sqrt(v.Skip(1).Sum(u => u * u));
            case ConeKind.Semidefinite:
                double[] matrix = new double[cone.Size * cone.Size];
                for (int column = 0, next = 0; column < cone.Size; column++)
                {
                    for (int i = column; i < cone.Size; i++, next++)
                    {
                        matrix[(i * cone.Size) + column] = v[next] / (i == column ? 1 : Math.Sqrt(2));
                    }
                }

                return linalg.eigvalsh(tensor(matrix, [cone.Size, cone.Size], ScalarType.Float64)).min().item<double>();
            default:
                return Enumerable.Range(0, cone.Size).Min(i => isDual ? DualDepth(v[3 * i], v[(3 * i) + 1], v[(3 * i) + 2]) : Depth(v[3 * i], v[(3 * i) + 1], v[(3 * i) + 2]));
        }
    }

    private static double Depth(double x, double y, double z) => y > 0 ? z - (y * Math.Exp(x / y)) : Math.Min(Math.Min(-x, z), y);

    private static double DualDepth(double u, double v, double w) => u < 0 ? w + (u * Math.Exp((v / u) - 1)) : Math.Min(Math.Min(v, w), -u);
}
