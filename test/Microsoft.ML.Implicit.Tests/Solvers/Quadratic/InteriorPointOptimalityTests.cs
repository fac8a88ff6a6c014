using CsCheck;
using Microsoft.ML.Implicit.Solvers;
using Microsoft.ML.Implicit.Solvers.Quadratic;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Tests.Solvers.Quadratic;

[TestClass]
public class InteriorPointOptimalityTests
{
    private readonly InteriorPointSolver _solver = new();

    [TestMethod]
    public void Random_problems_of_all_sizes_satisfy_the_optimality_conditions() =>
        Gen.Select(Gen.Int[0, 100000], Gen.Int[1, 40], Gen.Int[0, 50], Gen.Int[0, 10], Gen.Bool, Gen.Bool).Sample(
            (seed, n, m, k, bounds, shared) =>
            {
                using DisposeScope scope = NewDisposeScope();
                QuadraticProblem problem = RandomPrograms.Problem(RandomPrograms.Arguments(seed, 3, n, m, Math.Min(k, n), bounds, shared));
                AssertSolved(problem);
            },
            iter: 120,
            threads: 1);

    [TestMethod]
    [DataRow(81136, 40, 27, 7, true, true)]
    [DataRow(3865, 32, 48, 7, false, false)]
    public void Programs_whose_reduced_systems_rounding_would_spoil_are_solved(int seed, int n, int m, int k, bool bounds, bool shared)
    {
        using DisposeScope scope = NewDisposeScope();
        AssertSolved(RandomPrograms.Problem(RandomPrograms.Arguments(seed, 3, n, m, k, bounds, shared)));
    }

    [TestMethod]
    public void Degenerate_problems_satisfy_the_optimality_conditions() =>
        Gen.Select(Gen.Int[0, 100000], Gen.Int[2, 15], Gen.Int[1, 15], Gen.Int[1, 4]).Sample(
            (seed, n, m, k) =>
            {
                using DisposeScope scope = NewDisposeScope();
                Tensor?[] x = RandomPrograms.Arguments(seed, 2, n, m, Math.Min(k, n - 1), bounds: true);
                x[2] = cat([x[2]!, x[2]! * 2, zeros_like(x[2]!)], 1);
                x[3] = cat([x[3]!, x[3]! * 2, zeros_like(x[3]!)], 1);
                x[4] = cat([x[4]!, x[4]! * -3, zeros_like(x[4]!)], 1);
                x[5] = cat([x[5]!, x[5]! * -3, zeros_like(x[5]!)], 1);
                AssertSolved(RandomPrograms.Problem(x));
            },
            iter: 80,
            threads: 1);

    [TestMethod]
    public void Barely_feasible_problems_satisfy_the_optimality_conditions() =>
        Gen.Select(Gen.Int[0, 100000], Gen.Int[2, 15], Gen.Int[1, 15], Gen.Int[0, 7]).Sample(
            (seed, n, m, width) =>
            {
                using DisposeScope scope = NewDisposeScope();
                Tensor?[] x = RandomPrograms.Arguments(seed, 2, n, Math.Min(m, n), 0, bounds: false);
                // Every inequality becomes a slab of this width, all at right angles.
                Tensor rows = linalg.qr(x[2]!.transpose(-1, -2)).Q.transpose(-1, -2);
                x[2] = cat([rows, -rows], 1);
                x[3] = cat([x[3]!, -x[3]! + Math.Pow(10, -width)], 1);
                AssertSolved(RandomPrograms.Problem(x));
            },
            iter: 80,
            threads: 1);

    [TestMethod]
    public void Linear_programs_satisfy_the_optimality_conditions() =>
        Gen.Select(Gen.Int[0, 100000], Gen.Int[1, 30], Gen.Int[0, 40], Gen.Int[0, 8]).Sample(
            (seed, n, m, k) =>
            {
                using DisposeScope scope = NewDisposeScope();
                Tensor?[] x = RandomPrograms.Arguments(seed, 2, n, m, Math.Min(k, n), bounds: true);
                x[0] = null;
                AssertSolved(RandomPrograms.Problem(x));
            },
            iter: 160,
            threads: 1);

    [TestMethod]
    [DataRow(16268, 24, 30, 6)]
    [DataRow(1963, 32, 44, 10)]
    public void Problems_on_which_the_corrector_would_circle_are_solved(int seed, int n, int m, int k)
    {
        using DisposeScope scope = NewDisposeScope();
        AssertSolved(RandomPrograms.Problem(RandomPrograms.Arguments(seed, 3, n, m, k, bounds: true, sharedMatrices: true)));
    }

    private void AssertSolved(QuadraticProblem problem)
    {
        QuadraticSolution solution = _solver.Solve(problem);
        for (int row = 0; row < problem.BatchSize; row++)
        {
            Assert.AreEqual(SolveStatus.Converged, solution.Status[row], $"{solution.Diagnose(row)} {solution.Iterations[row]} iterations, residuals {solution.PrimalResiduals[row]:E1} {solution.DualResiduals[row]:E1} {solution.Gaps[row]:E1}");
        }

        Assert.IsLessThanOrEqualTo(1e-8, RandomPrograms.KktResidual(problem, solution));
    }
}
