using Microsoft.ML.Implicit.Solvers;
using Microsoft.ML.Implicit.Solvers.Quadratic;
using Microsoft.ML.Implicit.Solvers.Quadratic.Batched;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Tests.Solvers.Quadratic.Batched;

[TestClass]
public class OperatorSplittingTests
{
    private readonly OperatorSplittingSolver _solver = new();

    [TestMethod]
    [DataRow(0, false)]
    [DataRow(3, false)]
    [DataRow(3, true)]
    public void A_large_batch_with_shared_matrices_is_solved_to_the_tolerance(int equalities, bool bounds)
    {
        using DisposeScope scope = NewDisposeScope();
        QuadraticProblem problem = RandomPrograms.Problem(RandomPrograms.Arguments(seed: 30, batch: 60, n: 12, m: 10, equalities, bounds, sharedMatrices: true));

        QuadraticSolution solution = _solver.Solve(problem);

        Assert.IsTrue(solution.AllConverged);
        Assert.IsLessThanOrEqualTo(1e-4, RandomPrograms.KktResidual(problem, solution));
        Assert.IsLessThanOrEqualTo(1e-3, (solution.Z - new InteriorPointSolver().Solve(problem).Z).abs().max().item<double>());
    }

    [TestMethod]
    public void Polishing_reaches_near_machine_accuracy_for_most_rows_without_help()
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGrad = no_grad();
        QuadraticProblem problem = RandomPrograms.Problem(RandomPrograms.Arguments(seed: 31, batch: 50, n: 10, m: 8, k: 2, bounds: true, sharedMatrices: true));
        var method = new OperatorSplitting(problem, new OperatorSplittingOptions());

        Tensor converged = method.Solve(default);

        Assert.IsTrue(converged.all().item<bool>());
        Tensor accurate = method.Statistics().narrow(0, 0, 3).amax([0]).lt(1e-9);
        Assert.IsGreaterThan(0.9, accurate.to(ScalarType.Float64).mean().item<double>());
    }

    [TestMethod]
    public void Gradients_agree_with_those_of_the_interior_point_method()
    {
        using DisposeScope scope = NewDisposeScope();
        QuadraticProblem problem = RandomPrograms.Problem(RandomPrograms.Arguments(seed: 32, batch: 6, n: 8, m: 6, k: 2, bounds: false));
        QuadraticSolution exact = new InteriorPointSolver().Solve(problem);

        QuadraticSolution solution = new OperatorSplittingSolver(new OperatorSplittingOptions { Tolerance = 1e-9 }).Solve(problem);

        Assert.IsTrue(solution.AllConverged);
        Tensor expected = exact.Backward(ones_like(exact.Z)).P!, actual = solution.Backward(ones_like(exact.Z)).P!;
        Assert.IsLessThanOrEqualTo(1e-5, (expected - actual).abs().max().item<double>());
    }

    [TestMethod]
    public void Rows_it_cannot_solve_are_diagnosed()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor?[] x = RandomPrograms.Arguments(seed: 33, batch: 3, n: 5, m: 4, k: 0, bounds: true);
        x[0]![0] = -x[0]![0];
        x[6]![2, 1] = x[7]![2, 1] + 1;

        QuadraticSolution solution = new OperatorSplittingSolver(new OperatorSplittingOptions { MaximumIterations = 100 }).Solve(RandomPrograms.Problem(x));

        CollectionAssert.AreEqual(new[] { SolveStatus.NonConvex, SolveStatus.Converged, SolveStatus.Infeasible }, solution.Status.ToArray());
        Assert.IsLessThan(0, solution.Diagnose(0).SmallestEigenvalue!.Value);
    }
}
