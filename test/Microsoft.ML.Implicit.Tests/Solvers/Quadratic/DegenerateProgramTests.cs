using Microsoft.ML.Implicit.Solvers;
using Microsoft.ML.Implicit.Solvers.Quadratic;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Tests.Solvers.Quadratic;

[TestClass]
public class DegenerateProgramTests
{
    private readonly InteriorPointSolver _solver = new();

    [TestMethod]
    [DataRow(0.0, 1.0)]
    [DataRow(1e-12, 1.0)]
    [DataRow(1e-10, 1.0)]
    [DataRow(1e-9, 1.0)]
    [DataRow(1e-8, 1.0)]
    [DataRow(-1e-16, 1.0)]
    [DataRow(0.0, 1e6)]
    [DataRow(0.0, 0.0)]
    public void A_variable_with_little_room_or_none_is_held(double room, double value)
    {
        using DisposeScope scope = NewDisposeScope();
        QuadraticSolution solution = _solver.Solve(new QuadraticProblem(
            eye(2, dtype: ScalarType.Float64), Vector(0, -3), lower: Vector(value, 0), upper: Vector(value * (1 + room), 5)));

        Assert.AreEqual(SolveStatus.Converged, solution.Status[0]);
        Assert.AreEqual(value, solution.Z[0, 0].item<double>(), 1e-10 * value);
        Assert.AreEqual(3, solution.Z[0, 1].item<double>(), 1e-9);
        Assert.AreEqual(value, (solution.LowerMultipliers![0, 0] - solution.UpperMultipliers![0, 0]).item<double>(), 1e-8 * value);
        Assert.AreEqual((0.5 * value * value) - 4.5, solution.Objective[0].item<double>(), 1e-9 * (1 + (value * value)));
    }

    [TestMethod]
    public void Fixed_variables_in_random_rows_equal_the_program_without_them()
    {
        for (int seed = 0; seed < 10; seed++)
        {
            using DisposeScope scope = NewDisposeScope();
            Tensor?[] x = RandomPrograms.Arguments(seed, batch: 3, n: 9, m: 6, k: 2, bounds: true, sharedMatrices: seed % 2 == 0);
            Tensor inside = _solver.Solve(RandomPrograms.Problem(x)).Z;
            x[1] = -x[1]!;
            x[6] = cat([inside.narrow(1, 0, 3), x[6]!.narrow(1, 3, 6)], 1);
            x[7] = cat([inside.narrow(1, 0, 3), x[7]!.narrow(1, 3, 6)], 1);

            // The same by three more equalities.
            Tensor pick = eye(9, dtype: ScalarType.Float64).narrow(0, 0, 3);
            Tensor a = x[4]!.dim() > 2 ? cat([x[4]!, pick.expand(3, 3, 9)], 1) : cat([x[4]!, pick], 0);
            QuadraticSolution expected = _solver.Solve(new QuadraticProblem(
                x[0], x[1]!, x[2], x[3], a, cat([x[5]!, inside.narrow(1, 0, 3)], 1), Without(x[6]!, double.NegativeInfinity), Without(x[7]!, double.PositiveInfinity)));

            QuadraticSolution actual = _solver.Solve(RandomPrograms.Problem(x));

            Assert.IsTrue(expected.AllConverged && actual.AllConverged, $"seed {seed}");
            Assert.IsLessThanOrEqualTo(1e-6, (expected.Z - actual.Z).abs().max().item<double>());
            Assert.IsLessThanOrEqualTo(1e-8, RandomPrograms.KktResidual(RandomPrograms.Problem(x), actual));
        }

        static Tensor Without(Tensor bounds, double value) => cat([full([3, 3], value, ScalarType.Float64), bounds.narrow(1, 3, 6)], 1);
    }

    [TestMethod]
    public void Gradients_of_a_program_with_a_fixed_variable_agree_with_finite_differences()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor?[] x = RandomPrograms.Arguments(seed: 5, batch: 1, n: 5, m: 4, k: 1, bounds: true);
        Tensor shared = (x[6]! + x[7]!).narrow(1, 0, 1) / 2;
        x[6] = cat([shared, x[6]!.narrow(1, 1, 4)], 1);
        x[7] = cat([shared, x[7]!.narrow(1, 1, 4)], 1);
        Tensor weights = arange(1, 6, ScalarType.Float64).sin().unsqueeze(0);

        QuadraticGradients gradients = _solver.Solve(RandomPrograms.Problem(x)).Backward(weights);

        foreach (int argument in new[] { 1, 2, 3, 5 })
        {
            Tensor expected = zeros_like(x[argument]!);
            for (long i = 0; i < expected.numel(); i++)
            {
                expected.view(-1)[i] = Difference(i, argument);
            }

            Tensor actual = gradients.Arguments[argument]!;
            Assert.IsLessThanOrEqualTo(1e-5 * (1 + expected.abs().max().item<double>()), (actual - expected).abs().max().item<double>(), $"{(QuadraticArguments)(1 << argument)}");
        }

        // Both bounds of the fixed variable move together.
        double together = (gradients.Lower![0, 0] + gradients.Upper![0, 0]).item<double>(), difference = Difference(0, 6, 7);
        Assert.AreEqual(difference, together, 1e-5 * (1 + Math.Abs(difference)));

        double Difference(long entry, params int[] arguments)
        {
            const double Step = 1e-5;
            return (Loss(Step) - Loss(-Step)) / (2 * Step);

            double Loss(double change)
            {
                Tensor?[] moved = [.. x];
                foreach (int argument in arguments)
                {
                    moved[argument] = x[argument]!.clone();
                    moved[argument]!.view(-1)[entry] += change;
                }

                return (_solver.Solve(RandomPrograms.Problem(moved)).Z * weights).sum().item<double>();
            }
        }
    }

    [TestMethod]
    public void A_fixed_variable_that_contradicts_an_equality_is_infeasible()
    {
        using DisposeScope scope = NewDisposeScope();
        QuadraticSolution solution = _solver.Solve(new QuadraticProblem(
            eye(2, dtype: ScalarType.Float64), Vector(1, -1), a: Matrix(1, 1, 0), b: Vector(3), lower: Vector(1, -5), upper: Vector(1, 5)));

        Assert.AreEqual(SolveStatus.Infeasible, solution.Status[0]);
        CollectionAssert.AreEqual(new[] { 0 }, solution.Diagnose(0).Equalities.ToArray());
    }

    [TestMethod]
    [DataRow(0.0, SolveStatus.Converged)]
    [DataRow(1e-12, SolveStatus.Converged)]
    [DataRow(1e-10, SolveStatus.Converged)]
    [DataRow(1e-3, SolveStatus.Infeasible)]
    public void A_row_of_zeros_counts_only_where_it_is_violated_by_more_than_rounding(double violation, SolveStatus status)
    {
        using DisposeScope scope = NewDisposeScope();
        QuadraticSolution solution = _solver.Solve(new QuadraticProblem(
            eye(2, dtype: ScalarType.Float64), Vector(-2, -2), Matrix(4, 0, 0, 1, 0, 0, 1, 1, 1), Vector(-violation, 1, 1, 100)));

        Assert.AreEqual(status, solution.Status[0]);
        if (status == SolveStatus.Converged)
        {
            Assert.IsLessThanOrEqualTo(1e-8, (solution.Z[0] - Vector(1, 1)).abs().max().item<double>());
            Assert.IsLessThanOrEqualTo(1e-8, (solution.Lambda[0] - Vector(0, 1, 1, 0)).abs().max().item<double>());
        }
    }

    [TestMethod]
    [DataRow(1e-4)]
    [DataRow(1e-6)]
    [DataRow(1e-8)]
    public void Nearly_parallel_rows_are_solved(double angle)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor rows = Matrix(2, 1, 1, 1, 1 + angle);

        QuadraticSolution inequalities = _solver.Solve(new QuadraticProblem(eye(2, dtype: ScalarType.Float64), Vector(-3, -3), rows, Vector(1, 1 + angle)));

        Assert.AreEqual(SolveStatus.Converged, inequalities.Status[0]);
        Assert.IsLessThanOrEqualTo(1e-6, (inequalities.Z[0] - Vector(0.5, 0.5)).abs().max().item<double>());
    }

    [TestMethod]
    [DataRow(1e-6)]
    [DataRow(1e-8)]
    [DataRow(1e-10)]
    public void A_solution_far_away_is_found_or_called_neither_absent_nor_endless(double slope)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor identity = eye(2, dtype: ScalarType.Float64);
        QuadraticProblem[] programs =
        [
            // x ≥ y + 1 and y ≥ (1 - α) x meet at 1 / α.
            new(identity, Vector(0, 0), Matrix(2, -1, 1, 1 - slope, -1), Vector(-1, 0)),
            new(null, Vector(1, 1), Matrix(2, -1, 1, 1 - slope, -1), Vector(-1, 0), lower: Vector(0, 0)),
            new(null, Vector(-1, -1), Matrix(2, 1, -1, -(1 - slope), 1), Vector(1, 0), lower: Vector(0, 0)),
        ];
        foreach (QuadraticProblem program in programs)
        {
            QuadraticSolution solution = _solver.Solve(program);
            Assert.IsTrue(
                solution.Status[0] == SolveStatus.MaximumIterations
                || (solution.Status[0] == SolveStatus.Converged && Math.Abs((solution.Z[0, 0] * slope).item<double>() - 1) < 1e-6),
                $"{solution.Status[0]} at {solution.Z[0, 0].item<double>()}");
        }

        QuadraticSolution row = _solver.Solve(new QuadraticProblem(identity, Vector(0, 0), Matrix(1, -slope, 0), Vector(-1)));
        Assert.AreEqual(1, (row.Z[0, 0] * slope).item<double>(), 1e-9);
    }

    private static Tensor Vector(params double[] values) => tensor(values, ScalarType.Float64);

    private static Tensor Matrix(long rows, params double[] values) => tensor(values, [rows, values.Length / rows], ScalarType.Float64);
}
