using Microsoft.ML.Implicit.Solvers;
using Microsoft.ML.Implicit.Solvers.Quadratic;
using Microsoft.ML.Implicit.Solvers.Quadratic.Batched;
using Microsoft.ML.Implicit.Solvers.Quadratic.Batched.Iterations;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Tests.Solvers.Quadratic;

/// <summary>Rows of zeros in G and A, which no solution can mend.</summary>
[TestClass]
public class EmptyRowTests
{
    private static readonly Func<QuadraticProblem, QuadraticSolution>[] Solvers =
    [
        problem => new InteriorPointSolver().Solve(problem),
        problem => new OperatorSplittingSolver().Solve(problem),
        SolveBatched,
    ];

    [TestMethod]
    public void A_violated_row_makes_a_program_infeasible_whatever_the_units_of_the_others()
    {
        ForEachSolver(solve =>
        {
            Assert.AreEqual(0, Blamed(solve(new QuadraticProblem(
                null, Vector(0, 1), Matrix(2, 0, 0, 0, 2), Vector(-0.1, 8e9), lower: Vector(0, 0), upper: Vector(1e9, 1e9)))).Inequalities.Single());
            Assert.AreEqual(1, Blamed(solve(new QuadraticProblem(
                null, Vector(0, 4e-4), Matrix(2, 0, 2e-9, 0, 0), Vector(8e-5, -1e-6), lower: Vector(0, 0), upper: Vector(40, 4e4)))).Inequalities.Single());
        });
    }

    [TestMethod]
    [DataRow(0.1)]
    [DataRow(-0.1)]
    public void A_violated_equality_makes_a_program_infeasible(double rightHandSide)
    {
        ForEachSolver(solve =>
        {
            QuadraticDiagnosis diagnosis = Blamed(solve(new QuadraticProblem(
                eye(2, dtype: ScalarType.Float64), Vector(0, 0), Matrix(1, 0, 1), Vector(8e9), Matrix(2, 1, 1, 0, 0), Vector(2, rightHandSide), Vector(-1e9, -1e9), Vector(1e9, 1e9))));
            Assert.AreEqual(1, diagnosis.Equalities.Single());
            Assert.IsEmpty(diagnosis.Inequalities);
        });
    }

    [TestMethod]
    [DataRow(1.0)]
    [DataRow(1e6)]
    [DataRow(1e-6)]
    public void A_violation_counts_beside_the_solution(double unit)
    {
        ForEachSolver(solve =>
        {
            foreach ((double violation, bool counts) in new[] { (0.0, false), (1e-12, false), (1e-10, false), (1e-9, true), (1e-7, true), (1e-3, true) })
            {
                QuadraticSolution inequality = solve(new QuadraticProblem(
                    eye(2, dtype: ScalarType.Float64), Vector(-2 * unit, -2 * unit), Matrix(4, 0, 0, 1, 0, 0, 1, 1, 1), Vector(-violation * unit, unit, unit, 100 * unit)));
                QuadraticSolution equality = solve(new QuadraticProblem(
                    eye(2, dtype: ScalarType.Float64), Vector(-unit, -unit), a: Matrix(1, 0, 0), b: Vector(violation * unit)));
                foreach (QuadraticSolution solution in new[] { inequality, equality })
                {
                    Assert.AreEqual(counts ? SolveStatus.Infeasible : SolveStatus.Converged, solution.Status[0], $"{violation}");
                    if (!counts)
                    {
                        Assert.IsLessThanOrEqualTo(1e-6 * unit, (solution.Z[0] - Vector(unit, unit)).abs().max().item<double>());
                        Assert.IsGreaterThanOrEqualTo(0.999 * violation, solution.PrimalResiduals[0]);
                        Assert.IsGreaterThanOrEqualTo(violation * unit, solution.AbsolutePrimalResiduals[0]);
                    }
                }
            }
        });
    }

    [TestMethod]
    public void A_violated_row_does_not_touch_the_other_rows_of_a_batch()
    {
        ForEachSolver(solve =>
        {
            QuadraticSolution solution = solve(new QuadraticProblem(
                eye(2, dtype: ScalarType.Float64), Matrix(3, -1, -1, -1, -1, -1, -1), Matrix(2, 0, 0, 1, 1), Matrix(3, 0, 1, -0.1, 1, 5, 1)));

            CollectionAssert.AreEqual(new[] { SolveStatus.Converged, SolveStatus.Infeasible, SolveStatus.Converged }, solution.Status.ToArray());
            Assert.IsLessThanOrEqualTo(1e-6, (solution.Z[2] - Vector(0.5, 0.5)).abs().max().item<double>());
            Tensor gradient = solution.Backward(ones_like(solution.Z)).P!;
            CollectionAssert.AreEqual(new[] { false, true, false }, gradient.isnan().any(1).data<bool>().ToArray());
        });
    }

    [TestMethod]
    public void An_objective_without_limit_does_not_hide_a_violated_row()
    {
        ForEachSolver(solve => Assert.AreEqual(0, Blamed(solve(new QuadraticProblem(
            null, Vector(-1, 0), Matrix(2, 0, 0, 0, 1), Vector(-0.1, 1), lower: Vector(0, 0)))).Inequalities.Single()));
    }

    private static QuadraticDiagnosis Blamed(QuadraticSolution solution)
    {
        Assert.AreEqual(SolveStatus.Infeasible, solution.Status[0]);
        Assert.IsTrue(solution.Z[0].isnan().all().item<bool>());
        return solution.Diagnose(0);
    }

    private static void ForEachSolver(Action<Func<QuadraticProblem, QuadraticSolution>> check)
    {
        foreach (Func<QuadraticProblem, QuadraticSolution> solve in Solvers)
        {
            using DisposeScope scope = NewDisposeScope();
            check(solve);
        }
    }

    // The path for GPUs, here on the CPU.
    private static QuadraticSolution SolveBatched(QuadraticProblem problem)
    {
        using IDisposable noGrad = no_grad();
        var options = new InteriorPointOptions();
        return BatchedSolve.Solve(problem, () => new BatchedInteriorPoint(problem, options), options, default);
    }

    private static Tensor Vector(params double[] values) => tensor(values, ScalarType.Float64);

    private static Tensor Matrix(long rows, params double[] values) => tensor(values, [rows, values.Length / rows], ScalarType.Float64);
}
