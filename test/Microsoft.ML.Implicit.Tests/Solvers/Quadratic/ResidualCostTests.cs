using Microsoft.ML.Implicit.Solvers;
using Microsoft.ML.Implicit.Solvers.Quadratic;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Tests.Solvers.Quadratic;

/// <summary>A cost or a coefficient far above the others hides residuals that are relative to it; what is called solved must be.</summary>
[TestClass]
public class ResidualCostTests
{
    public static IEnumerable<object[]> Costs => [[new InteriorPointSolver(), 1e-6, 1e10], [new OperatorSplittingSolver(), 0.05, 1e8]];

    public static IEnumerable<object[]> Coefficients => [[new InteriorPointSolver(), 1e-6, 1e12], [new OperatorSplittingSolver(), 0.05, 1e10]];

    [TestMethod]
    [DynamicData(nameof(Costs))]
    public void A_cost_far_above_the_others_never_gives_a_wrong_solution_that_counts_as_solved(IQuadraticSolver solver, double tolerance, double largest)
    {
        for (double big = 1e2; big <= largest; big *= 10)
        {
            using DisposeScope scope = NewDisposeScope();
            Tensor p = tensor(new[] { big, 0.3, 0.4 }, ScalarType.Float64);
            var problem = new QuadraticProblem(null, p, a: ones(1, 3, ScalarType.Float64), b: ones(1, ScalarType.Float64), lower: zeros(3, ScalarType.Float64));
            AssertSolvedIfSaidSo(solver.Solve(problem), 0.3, tolerance, $"{big}");
        }
    }

    [TestMethod]
    [DynamicData(nameof(Coefficients))]
    public void A_coefficient_far_above_the_others_never_gives_a_wrong_solution_that_counts_as_solved(IQuadraticSolver solver, double tolerance, double largest)
    {
        for (double big = 1e2; big <= largest; big *= 10)
        {
            using DisposeScope scope = NewDisposeScope();
            Tensor p = tensor(new[] { -1.0, 1.0 }, ScalarType.Float64);
            var problem = new QuadraticProblem(
                null,
                p,
                g: tensor(new[] { 1.0, -big }, [1, 2], ScalarType.Float64),
                h: tensor(new[] { 3.0 }, ScalarType.Float64),
                lower: zeros(2, ScalarType.Float64),
                upper: tensor(new[] { 5.0, 1.0 }, ScalarType.Float64));
            AssertSolvedIfSaidSo(solver.Solve(problem), -5 + (2 / big), tolerance, $"{big}");
        }
    }

    private static void AssertSolvedIfSaidSo(QuadraticSolution solution, double objective, double tolerance, string message)
    {
        if (solution.Status[0] == SolveStatus.Converged)
        {
            Assert.AreEqual(objective, solution.Objective.item<double>(), tolerance * Math.Abs(objective), message);
        }
    }
}
