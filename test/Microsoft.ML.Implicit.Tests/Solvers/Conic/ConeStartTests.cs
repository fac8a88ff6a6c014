using Microsoft.ML.Implicit.Solvers;
using Microsoft.ML.Implicit.Solvers.Conic;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Tests.Solvers.Conic;

[TestClass]
public sealed class ConeStartTests
{
    [TestMethod]
    [DataRow(1e-4, 0.5)]
    [DataRow(1e-2, 0.9)]
    public void A_neighbouring_solution_spares_iterations_and_leads_to_the_same_one(double change, double share)
    {
        using DisposeScope scope = NewDisposeScope();
        ConeProblem problem = RandomConePrograms.Create(RandomConePrograms.EveryCone, 8, 16, 4, seed: 9);
        ConeStart start = new ConeSolver().Solve(problem).Start;
        using Generator generator = new(5);
        Tensor b = problem.B * (1 + (change * randn(problem.B.shape, ScalarType.Float64, generator: generator)));
        var moved = new ConeProblem(problem.P, problem.Q * (1 + change), problem.A, b, problem.Cones);
        ConeSolution cold = new ConeSolver().Solve(moved), warm = new ConeSolver().Solve(moved, start);
        for (int row = 0; row < 16; row++)
        {
            ConeCertificate.AssertOptimal(warm, row, 1e-9);
        }

        Assert.IsLessThanOrEqualTo(1e-7, (cold.X - warm.X).abs().max().item<double>());
        Assert.IsLessThanOrEqualTo(share * cold.Iterations.Sum(), warm.Iterations.Sum());
    }

    [TestMethod]
    public void A_solution_of_the_same_problem_is_its_own()
    {
        using DisposeScope scope = NewDisposeScope();
        ConeProblem problem = RandomConePrograms.Create([Cone.Zero(2), Cone.Nonnegative(4), Cone.SecondOrder(5), Cone.Semidefinite(3)], 8, 8, 4, seed: 3);
        ConeSolution solution = new ConeSolver().Solve(problem), again = new ConeSolver().Solve(problem, solution.Start);
        Assert.AreEqual(0, again.Iterations.Sum());
        Assert.IsLessThanOrEqualTo(1e-9, (solution.X - again.X).abs().max().item<double>());
    }

    [TestMethod]
    public void A_start_changes_no_status()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor a = tensor(new[,] { { 1.0 }, { -1 } }), q = tensor(new[,] { { 1.0 }, { 1 }, { 1 }, { double.NaN } });
        Tensor b = tensor(new[,] { { 1.0, 1 }, { 0, -1 }, { 2, 0 }, { 1, 1 } });
        var problem = new ConeProblem(null, q, a, b, [Cone.Nonnegative(2)]);
        ConeSolution cold = new ConeSolver().Solve(problem);
        Tensor rows = tensor(new long[] { 2, 0, 1, 0 });
        ConeStart[] starts =
        [
            cold.Start,
            new ConeStart(cold.X.index_select(0, rows), cold.S.index_select(0, rows), cold.Y.index_select(0, rows)),
            new ConeStart(full([4, 1], 1e8, ScalarType.Float64), full([4, 2], 1e-30, ScalarType.Float64), full([4, 2], 1e12, ScalarType.Float64)),
            new ConeStart(zeros(4, 1, ScalarType.Float64), zeros(4, 2, ScalarType.Float64), zeros(4, 2, ScalarType.Float64)),
        ];
        SolveStatus[] expected = [SolveStatus.Converged, SolveStatus.Infeasible, SolveStatus.Converged, SolveStatus.InvalidInput];
        foreach (ConeStart start in starts)
        {
            ConeSolution warm = new ConeSolver().Solve(problem, start);
            CollectionAssert.AreEqual(expected, warm.Status.ToArray());
            Assert.AreEqual(-1, warm.X[0, 0].item<double>(), 1e-9);
        }
    }

    [TestMethod]
    public void A_start_of_another_shape_is_named()
    {
        using DisposeScope scope = NewDisposeScope();
        ConeProblem problem = RandomConePrograms.Create([Cone.Nonnegative(4)], 3, 2, 3, seed: 3);
        ConeStart start = new(zeros(2, 3), zeros(2, 5), zeros(2, 4));
        Assert.Contains("[2, 5] where [2, 4]", Assert.ThrowsExactly<ArgumentException>(() => new ConeSolver().Solve(problem, start)).Message);
    }
}
