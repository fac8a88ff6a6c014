using Microsoft.ML.Implicit.Solvers;
using Microsoft.ML.Implicit.Solvers.Conic;
using Microsoft.ML.Implicit.Solvers.Conic.Centring;
using Microsoft.ML.Implicit.Solvers.Conic.Interior;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Tests.Solvers.Conic;

[TestClass]
public sealed class ConeSolverTests
{
    private static readonly double[] Units = [1e-12, 1e-6, 1, 1e6, 1e12];

    [TestMethod]
    public void Programs_near_zero_are_solved_about_it()
    {
        using DisposeScope scope = NewDisposeScope();
        for (int seed = 0; seed < 8; seed++)
        {
            ConeSolution solution = new ConeSolver().Solve(RandomConePrograms.Create(RandomConePrograms.EveryCone, 8, 8, 4 * (seed % 2), seed));
            foreach (ProgramUnits units in solution.Results.Units)
            {
                Assert.IsFalse(units.Origin.AsSpan().ContainsAnyExcept(0));
                Assert.AreSame(ColumnShifts.None, units.Columns);
            }
        }
    }

    [TestMethod]
    [DataRow(0)]
    [DataRow(3)]
    [DataRow(10)]
    public void Programs_of_every_cone_are_solved_to_optimality(int rank)
    {
        Cone[][] products =
        [
            [Cone.Zero(3), Cone.Nonnegative(20)],
            [Cone.Zero(2), Cone.SecondOrder(5), Cone.SecondOrder(8), Cone.SecondOrder(1), Cone.SecondOrder(2)],
            [Cone.Semidefinite(5), Cone.Zero(2), Cone.Semidefinite(1)],
            [Cone.Exponential(8), Cone.Zero(1)],
            RandomConePrograms.EveryCone,
        ];
        foreach (Cone[] cones in products)
        {
            using DisposeScope scope = NewDisposeScope();
            ConeSolution solution = new ConeSolver().Solve(RandomConePrograms.Create(cones, 10, 12, rank, seed: 5));
            for (int row = 0; row < 12; row++)
            {
                ConeCertificate.AssertOptimal(solution, row, 1e-9);
            }
        }
    }

    [TestMethod]
    public void Units_of_variables_costs_and_right_hand_sides_do_not_matter()
    {
        using DisposeScope scope = NewDisposeScope();
        ConeProblem problem = RandomConePrograms.Create(RandomConePrograms.EveryCone, 8, 4, 8, seed: 9);
        ConeSolution reference = new ConeSolver().Solve(problem);
        foreach (double unit in Units)
        {
            Tensor units = tensor(Enumerable.Range(0, 8).Select(i => i % 2 == 0 ? unit : 1 / unit).ToArray(), ScalarType.Float64);
            Compare(new ConeProblem(problem.P! * units * units.unsqueeze(1), problem.Q * units, problem.A * units, problem.B, problem.Cones), units);
            Compare(new ConeProblem(problem.P! * unit, problem.Q * unit, problem.A, problem.B, problem.Cones), ones(8, ScalarType.Float64));
            Compare(new ConeProblem(problem.P!, problem.Q * unit, problem.A, problem.B * unit, problem.Cones), ones(8, ScalarType.Float64) / unit);
        }

        void Compare(ConeProblem scaled, Tensor factors)
        {
            ConeSolution solution = new ConeSolver().Solve(scaled);
            Assert.IsTrue(solution.AllConverged);
            Assert.IsLessThanOrEqualTo(1e-8, ((solution.X * factors) - reference.X).abs().max().item<double>());
        }
    }

    [TestMethod]
    public void A_row_is_solved_alone_as_among_others_and_on_several_threads()
    {
        using DisposeScope scope = NewDisposeScope();
        ConeProblem problem = RandomConePrograms.Create(RandomConePrograms.EveryCone, 8, 6, 3, seed: 2);
        Tensor together = new ConeSolver(new ConeOptions { MaximumParallelism = 3 }).Solve(problem).X;
        for (int row = 0; row < 6; row++)
        {
            var alone = new ConeProblem(problem.P![row], problem.Q[row], problem.A[row], problem.B[row], problem.Cones);
            Assert.IsTrue(new ConeSolver().Solve(alone).X[0].equal(together[row]).all().item<bool>());
        }
    }

    [TestMethod]
    public void A_program_without_constraints_is_solved_or_unbounded()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor a = zeros(0, 2, ScalarType.Float64), b = zeros(0, ScalarType.Float64), q = tensor(new[] { 2.0, -3 });
        ConeSolution solved = new ConeSolver().Solve(new ConeProblem(diag(tensor(new[] { 2.0, 1 })), q, a, b, []));
        CollectionAssert.AreEqual(new[] { -1.0, 3 }, solved.X.data<double>().Select(x => Math.Round(x, 12)).ToArray());
        ConeSolution unbounded = new ConeSolver().Solve(new ConeProblem(null, q, a, b, []));
        Assert.AreEqual(SolveStatus.Unbounded, unbounded.Status[0]);
        ConeCertificate.AssertCertified(unbounded, 0, 1e-8);
    }

    [TestMethod]
    public void Cones_without_slacks_and_an_empty_batch_are_solved()
    {
        using DisposeScope scope = NewDisposeScope();
        Cone[] cones = [Cone.Zero(0), Cone.SecondOrder(0), Cone.Semidefinite(0), Cone.Exponential(0), Cone.Nonnegative(1)];
        var problem = new ConeProblem(null, tensor(new[] { 1.0 }), tensor(new[,] { { -1.0 } }), tensor(new[] { -3.0 }), cones);
        Assert.AreEqual(3, new ConeSolver().Solve(problem).X.item<double>(), 1e-9);
        var empty = new ConeProblem(null, zeros(0, 1, ScalarType.Float64), problem.A, problem.B, cones);
        ConeSolution solution = new ConeSolver().Solve(empty);
        Assert.IsTrue(solution.AllConverged);
        CollectionAssert.AreEqual(new long[] { 0, 1 }, solution.X.shape);
        CollectionAssert.AreEqual(new long[] { 1, 1 }, solution.Backward(solution.X).A.shape);
    }

    [TestMethod]
    public void Redundant_constraints_and_sets_without_room_are_no_obstacle()
    {
        using DisposeScope scope = NewDisposeScope();
        ConeSolution equalities = Solve([1, 2], new[,] { { 1.0, 1 }, { 1, 1 }, { -1, 0 }, { 0, -1 } }, [1, 1, 0, 0], Cone.Zero(2), Cone.Nonnegative(2));
        ConeCertificate.AssertOptimal(equalities, 0, 1e-9);
        ConeSolution point = Solve([1], new[,] { { 1.0 }, { -1 } }, [1, -1], Cone.Nonnegative(2));
        Assert.AreEqual(1, point.X.item<double>(), 1e-9);
        ConeSolution zeroRow = Solve([1], new[,] { { 0.0 }, { -1 } }, [1, 0], Cone.Nonnegative(2));
        Assert.AreEqual(0, zeroRow.X.item<double>(), 1e-9);
        ConeSolution vertex = Solve([-1, -1], new[,] { { 1.0, 0 }, { 0, 1 }, { 1, 1 }, { -1, 0 }, { 0, -1 } }, [1, 1, 2, 0, 0], Cone.Nonnegative(5));
        ConeCertificate.AssertOptimal(vertex, 0, 1e-9);
        ConeSolution costless = Solve([0, 0], new[,] { { 1.0, 1 }, { -1, 0 }, { 0, -1 } }, [1, 0, 0], Cone.Zero(1), Cone.Nonnegative(2));
        Assert.AreEqual(SolveStatus.Converged, costless.Status[0]);
        Assert.AreEqual(1, costless.X.sum().item<double>(), 1e-12);
        Assert.IsGreaterThanOrEqualTo(0, costless.X.min().item<double>());
        Assert.AreEqual(0, costless.Y.abs().max().item<double>(), 1e-14);
    }

    [TestMethod]
    public void Contradictions_have_certificates()
    {
        using DisposeScope scope = NewDisposeScope();
        double[,] ball = { { 0, 0 }, { -1, 0 }, { 0, -1 }, { 1, 0 } };
        ConeSolution[] solutions =
        [
            Solve([1], new[,] { { 1.0 }, { -1 } }, [0, -1], Cone.Nonnegative(2)),
            Solve([1], new[,] { { 0.0 }, { -1 } }, [-1, 0], Cone.Nonnegative(2)),
            Solve([1], new[,] { { 0.0 }, { -1 } }, [1, 0], Cone.Zero(1), Cone.Nonnegative(1)),
            Solve([1, 2], new[,] { { 1.0, 1 }, { 1, 1 }, { -1, 0 }, { 0, -1 } }, [1, 2, 0, 0], Cone.Zero(2), Cone.Nonnegative(2)),
            Solve([1, 0], ball, [1, 0, 0, -2], Cone.SecondOrder(3), Cone.Nonnegative(1)),
            Solve([-1], new[,] { { -1.0 }, { 0 }, { 0 } }, [0, 1, -1], Cone.Exponential(1)),
            Solve([0], new[,] { { -1.0 }, { 0 }, { 0 } }, [0, Math.Sqrt(2), -1], Cone.Semidefinite(2)),
        ];
        for (int i = 0; i < solutions.Length; i++)
        {
            Assert.AreEqual(SolveStatus.Infeasible, solutions[i].Status[0], $"program {i}");
            ConeCertificate.AssertCertified(solutions[i], 0, 1e-7);
            Assert.IsTrue(solutions[i].X.isnan().all().item<bool>());
        }

        Assert.Contains("rows 0, 1", solutions[0].Describe(0));
    }

    [TestMethod]
    public void Objectives_that_fall_without_limit_have_certificates()
    {
        using DisposeScope scope = NewDisposeScope();
        ConeSolution[] solutions =
        [
            Solve([1], new[,] { { 1.0 } }, [0], Cone.Nonnegative(1)),
            Solve([1, 0], new[,] { { 0.0, -1 }, { -1, 0 } }, [0, 0], Cone.SecondOrder(2)),
            Solve([-1, 0, 0], new[,] { { -1.0, 0, 0 }, { 0, -1, 0 }, { 0, 0, -1 } }, [0, 0, 0], Cone.Exponential(1)),
            Solve([-1, 0, -1], new[,] { { -1.0, 0, 0 }, { 0, -1, 0 }, { 0, 0, -1 } }, [0, 0, 0], Cone.Semidefinite(2)),
        ];
        for (int i = 0; i < solutions.Length; i++)
        {
            Assert.AreEqual(SolveStatus.Unbounded, solutions[i].Status[0], $"program {i}");
            ConeCertificate.AssertCertified(solutions[i], 0, 1e-7);
        }
    }

    [TestMethod]
    public void One_bad_row_costs_that_row()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor p = stack([eye(1, dtype: ScalarType.Float64), -eye(1, dtype: ScalarType.Float64), eye(1, dtype: ScalarType.Float64), eye(1, dtype: ScalarType.Float64)]);
        Tensor q = tensor(new[,] { { 0.5 }, { 1 }, { double.NaN }, { 1 } }), b = tensor(new[,] { { 1.0, 1 }, { 1, 1 }, { 1, 1 }, { 0, -1 } });
        var problem = new ConeProblem(p, q, tensor(new[,] { { 1.0 }, { -1 } }), b, [Cone.Nonnegative(2)]);
        ConeSolution solution = new ConeSolver().Solve(problem);
        CollectionAssert.AreEqual(new[] { SolveStatus.Converged, SolveStatus.NonConvex, SolveStatus.InvalidInput, SolveStatus.Infeasible }, solution.Status.ToArray());
        Assert.AreEqual(-0.5, solution.X[0, 0].item<double>(), 1e-9);
        SolveFailedException exception = Assert.ThrowsExactly<SolveFailedException>(solution.ThrowIfFailed);
        Assert.AreEqual(1, exception.Row);
        Tensor gradient = solution.Backward(ones_like(solution.X)).Q;
        CollectionAssert.AreEqual(new[] { false, true, true, true }, gradient.isnan().squeeze(1).data<bool>().ToArray());
    }

    [TestMethod]
    public void Cancellation_reaches_the_solver()
    {
        using DisposeScope scope = NewDisposeScope();
        ConeProblem problem = RandomConePrograms.Create(RandomConePrograms.EveryCone, 8, 2, 3, seed: 2);
        Assert.Throws<OperationCanceledException>(() => new ConeSolver().Solve(problem, cancellation: new CancellationToken(true)));
    }

    [TestMethod]
    public void Shapes_that_do_not_match_are_named()
    {
        using DisposeScope scope = NewDisposeScope();
        ArgumentException exception = Assert.ThrowsExactly<ArgumentException>(() => Solve([1], new[,] { { 1.0 } }, [1], Cone.Nonnegative(2)));
        Assert.Contains("a has shape [1, 1]", exception.Message);
    }

    private static ConeSolution Solve(double[] q, double[,] a, double[] b, params Cone[] cones) =>
        new ConeSolver().Solve(new ConeProblem(null, tensor(q), tensor(a), tensor(b), cones));
}
