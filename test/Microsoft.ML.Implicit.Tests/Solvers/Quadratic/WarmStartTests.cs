using Microsoft.ML.Implicit.Solvers.Quadratic;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Tests.Solvers.Quadratic;

[TestClass]
public class WarmStartTests
{
    private readonly InteriorPointSolver _solver = new();

    [TestMethod]
    public void A_warm_start_saves_iterations_and_reaches_the_same_solution()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor?[] x = RandomPrograms.Arguments(seed: 11, batch: 8, n: 20, m: 30, k: 5, bounds: true);
        QuadraticSolution first = _solver.Solve(RandomPrograms.Problem(x));
        x[1] = x[1]! + 1e-3;

        QuadraticSolution cold = _solver.Solve(RandomPrograms.Problem(x));
        QuadraticSolution warm = _solver.Solve(RandomPrograms.Problem(x), first.Start);

        Assert.IsTrue(warm.AllConverged);
        Assert.IsLessThan(cold.Iterations.Sum(), warm.Iterations.Sum());
        // Two points within a gap of 1e-12 can be its square root apart.
        Assert.IsLessThanOrEqualTo(1e-6, (warm.Z - cold.Z).abs().max().item<double>());
    }

    [TestMethod]
    [DataRow(0.3)]
    [DataRow(0.03)]
    public void A_warm_start_pays_far_from_the_solution_too(double change)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor?[] x = RandomPrograms.Arguments(seed: 15, batch: 30, n: 20, m: 20, k: 5, bounds: false, sharedMatrices: true);
        QuadraticSolution first = _solver.Solve(RandomPrograms.Problem(x));
        using var generator = new Generator(15);
        x[1] = x[1]! + (change * randn(x[1]!.shape, ScalarType.Float64, generator: generator));

        QuadraticSolution cold = _solver.Solve(RandomPrograms.Problem(x)), warm = _solver.Solve(RandomPrograms.Problem(x), first.Start);

        Assert.IsTrue(warm.AllConverged);
        Assert.IsLessThan(0.85 * cold.Iterations.Average(), warm.Iterations.Average());
    }

    [TestMethod]
    public void A_misleading_warm_start_does_no_more_than_cost_iterations()
    {
        using DisposeScope scope = NewDisposeScope();
        QuadraticProblem problem = RandomPrograms.Problem(RandomPrograms.Arguments(seed: 17, batch: 5, n: 15, m: 20, k: 3, bounds: true));
        QuadraticSolution cold = _solver.Solve(problem);
        QuadraticStart misleading = cold.Start with { Z = cold.Z * -1e6, Lambda = cold.Lambda.flip(1) * 1e6 };

        QuadraticSolution warm = _solver.Solve(problem, misleading);

        Assert.IsTrue(warm.AllConverged);
        Assert.IsLessThanOrEqualTo(1e-6, (warm.Z - cold.Z).abs().max().item<double>());
    }

    [TestMethod]
    public void A_warm_start_of_another_shape_is_refused_and_one_of_NaN_is_none()
    {
        using DisposeScope scope = NewDisposeScope();
        QuadraticProblem problem = RandomPrograms.Problem(RandomPrograms.Arguments(seed: 16, batch: 2, n: 6, m: 4, k: 1, bounds: false));
        QuadraticSolution solution = _solver.Solve(problem);
        QuadraticProblem bounded = RandomPrograms.Problem(RandomPrograms.Arguments(seed: 16, batch: 2, n: 6, m: 4, k: 1, bounds: true));

        Assert.ThrowsExactly<ArgumentException>(() => _solver.Solve(bounded, solution.Start));
        QuadraticStart none = solution.Start with { Z = full_like(solution.Z, double.NaN) };
        CollectionAssert.AreEqual(solution.Iterations.ToArray(), _solver.Solve(problem, none).Iterations.ToArray());
    }
}
