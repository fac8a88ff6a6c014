using CsCheck;
using Microsoft.ML.Implicit.Solvers;
using Microsoft.ML.Implicit.Solvers.Quadratic;
using Microsoft.ML.Implicit.Solvers.Quadratic.Batched;
using Microsoft.ML.Implicit.Solvers.Quadratic.Batched.Iterations;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Tests.Solvers.Quadratic;

/// <summary>The same program in other units of costs, variables and constraints has the same solution.</summary>
[TestClass]
public class UnitsTests
{
    private const int MostExtraIterations = 10;

    private readonly InteriorPointSolver _solver = new();

    [TestMethod]
    public void Interior_points_find_the_same_solution_in_all_units() => Units(0, 50000).Sample(
        units =>
        {
            using DisposeScope scope = NewDisposeScope();
            Tensor?[] x = units.Program();
            QuadraticSolution expected = _solver.Solve(RandomPrograms.Problem(x)), actual = _solver.Solve(RandomPrograms.Problem(units.Apply(x)));
            units.AssertSame(expected, actual, 1e-6);
            Assert.IsLessThanOrEqualTo(expected.Iterations.Max() + MostExtraIterations, actual.Iterations.Max());
        },
        iter: 100,
        threads: 1);

    [TestMethod]
    public void Batches_of_tensors_find_the_same_solution_in_all_units() => Units(0, 50000).Sample(
        units =>
        {
            using DisposeScope scope = NewDisposeScope();
            Tensor?[] x = units.Program();
            units.AssertSame(_solver.Solve(RandomPrograms.Problem(x)), Batched(RandomPrograms.Problem(units.Apply(x))), 1e-6);
        },
        iter: 25,
        threads: 1);

    [TestMethod]
    public void Operator_splitting_finds_the_same_solution_in_all_units() => Units(0, 50000).Sample(
        units =>
        {
            using DisposeScope scope = NewDisposeScope();
            Tensor?[] x = units.Program();
            units.AssertSame(_solver.Solve(RandomPrograms.Problem(x)), new OperatorSplittingSolver().Solve(RandomPrograms.Problem(units.Apply(x))), 1e-4);
        },
        iter: 8,
        threads: 1);

    [TestMethod]
    public void Gradients_follow_the_units() => Units(0, 50000).Sample(
        units =>
        {
            using DisposeScope scope = NewDisposeScope();
            Tensor?[] x = units.Program();
            QuadraticSolution expected = _solver.Solve(RandomPrograms.Problem(x)), actual = _solver.Solve(RandomPrograms.Problem(units.Apply(x)));
            Tensor weights = arange(expected.Z.numel(), ScalarType.Float64).sin().view(expected.Z.shape);
            Tensor?[] gradients = expected.Backward(weights).Arguments;

            // The loss Σ w z, written in the other units; the derivative with respect to x is that with respect to x' times x' / x.
            Tensor?[] others = units.Apply(actual.Backward(weights / units.Variables).Arguments);
            foreach ((Tensor? e, Tensor? a) in gradients.Zip(others))
            {
                if (e is not null && e.numel() > 0)
                {
                    Assert.IsLessThanOrEqualTo(1e-5 * (1 + e.abs().max().item<double>()), (e - a!).abs().max().item<double>());
                }
            }
        },
        iter: 40,
        threads: 1);

    [TestMethod]
    public void A_warm_start_in_other_units_saves_as_many_iterations()
    {
        using DisposeScope scope = NewDisposeScope();
        var units = new ProgramUnits(Seed: 4, IsLinear: false, Cost: 1e9, Unit: 1e-7, Spread: 2);
        Tensor?[] x = units.Program();
        QuadraticSolution first = _solver.Solve(RandomPrograms.Problem(units.Apply(x)));
        x[1] = x[1]! * 1.001;
        QuadraticProblem moved = RandomPrograms.Problem(units.Apply(x));

        QuadraticSolution cold = _solver.Solve(moved), warm = _solver.Solve(moved, first.Start);

        units.AssertSame(_solver.Solve(RandomPrograms.Problem(x)), warm, 1e-6);
        Assert.IsLessThan(cold.Iterations.Sum(), warm.Iterations.Sum());
    }

    [TestMethod]
    [DataRow(1e-12, 1.0)]
    [DataRow(1.0, 1e-9)]
    [DataRow(1e12, 1e9)]
    public void Contradictions_and_endless_descent_are_told_in_all_units(double cost, double unit)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor identity = eye(2, dtype: ScalarType.Float64) * (cost / unit / unit);

        QuadraticSolution contradiction = _solver.Solve(new QuadraticProblem(identity, Vector(0, 0), Matrix(2, 1, 0, -1, 0), Vector(1 * unit, -2 * unit)));
        QuadraticSolution endless = _solver.Solve(new QuadraticProblem(null, Vector(-cost / unit, cost / unit), lower: Vector(unit, unit)));

        Assert.AreEqual(SolveStatus.Infeasible, contradiction.Status[0]);
        CollectionAssert.AreEquivalent(new[] { 0, 1 }, contradiction.Diagnose(0).Inequalities.ToArray());
        Assert.AreEqual(SolveStatus.Unbounded, endless.Status[0]);
        Assert.Contains(0, endless.Diagnose(0).Variables);
    }

    [TestMethod]
    [DataRow(1.0)]
    [DataRow(1e3)]
    [DataRow(1e-6)]
    public void Little_curvature_of_large_amounts_is_not_lost(double unit)
    {
        // Four amounts of up to 10,000 that sum to 30,000, each with the cost (0.25 / 20,000)² z² + 2 · 0.25 / 20,000 (s - ½) z.
        double q = 2 * Math.Pow(0.25 / 20000 / unit, 2), p = 2 * (0.25 / 20000 / unit);
        using DisposeScope scope = NewDisposeScope();
        var problem = new QuadraticProblem(
            eye(4, dtype: ScalarType.Float64) * q,
            Vector(-0.1 * p, 0.1 * p, 0.4 * p, -0.4 * p),
            a: Matrix(1, 1, 1, 1, 1),
            b: Vector(30000 * unit),
            lower: Vector(0, 0, 0, 0),
            upper: Vector(1e4 * unit, 1e4 * unit, 1e4 * unit, 1e4 * unit));

        AssertSolved(problem, 1e4 * unit, 1, 1, 0, 1);
    }

    [TestMethod]
    [DataRow(1.0, 1e6)]
    [DataRow(1e-8, 1e6)]
    [DataRow(1e-14, 1.0)]
    [DataRow(1e12, 1e-9)]
    public void The_cheaper_of_two_is_chosen_whatever_it_costs(double cost, double amount)
    {
        using DisposeScope scope = NewDisposeScope();
        AssertSolved(new QuadraticProblem(null, Vector(cost, 2 * cost), a: Matrix(1, 1, 1), b: Vector(amount), lower: Vector(0, 0)), amount, 1, 0);
        AssertSolved(new QuadraticProblem(null, Vector(cost, 2 * cost), Matrix(1, -1, -1), Vector(-amount), lower: Vector(0, 0)), amount, 1, 0);
    }

    [TestMethod]
    [DataRow(1e25)]
    [DataRow(1e-200)]
    public void The_unit_of_a_row_does_not_switch_it_off(double unit)
    {
        using DisposeScope scope = NewDisposeScope();
        AssertSolved(new QuadraticProblem(eye(2, dtype: ScalarType.Float64), Vector(0, 0), Matrix(1, -unit, 0), Vector(-unit)), 1, 1, 0);
    }

    [TestMethod]
    public void Residuals_are_stated_relative_and_in_the_users_units()
    {
        using DisposeScope scope = NewDisposeScope();
        var units = new ProgramUnits(Seed: 9, IsLinear: false, Cost: 1024, Unit: 1.0 / 4096, Spread: 0);
        var options = new InteriorPointOptions { MaximumIterations = 3 };
        Tensor?[] x = units.Program();

        QuadraticSolution one = new InteriorPointSolver(options).Solve(RandomPrograms.Problem(x));
        QuadraticSolution other = new InteriorPointSolver(options).Solve(RandomPrograms.Problem(units.Apply(x)));

        for (int row = 0; row < 2; row++)
        {
            Assert.AreEqual(one.PrimalResiduals[row], other.PrimalResiduals[row]);
            Assert.AreEqual(one.DualResiduals[row], other.DualResiduals[row]);
            Assert.AreEqual(one.Gaps[row], other.Gaps[row]);
            Assert.AreEqual(one.AbsoluteDualResiduals[row] * 1024 * 4096, other.AbsoluteDualResiduals[row], 1e-9 * other.AbsoluteDualResiduals[row]);
            Assert.AreEqual(one.AbsoluteGaps[row] * 1024, other.AbsoluteGaps[row], 1e-9 * other.AbsoluteGaps[row]);
            Assert.IsGreaterThan(0, one.AbsolutePrimalResiduals[row]);
        }
    }

    [TestMethod]
    public void Single_precision_keeps_its_digits_in_other_units()
    {
        using DisposeScope scope = NewDisposeScope();
        var units = new ProgramUnits(Seed: 12, IsLinear: false, Cost: 1e6, Unit: 1e-5, Spread: 0);
        Tensor?[] x = units.Program();

        QuadraticSolution solution = _solver.Solve(RandomPrograms.Problem([.. units.Apply(x).Select(t => t?.to(ScalarType.Float32))]));

        Tensor expected = _solver.Solve(RandomPrograms.Problem(x)).Z;
        Assert.IsLessThanOrEqualTo(1e-4, ((solution.Z.to(ScalarType.Float64) / units.Variables) - expected).abs().max().item<double>());
    }

    private static Gen<ProgramUnits> Units(int first, int last) => Gen.Select(Gen.Int[first, last], Gen.Bool, Gen.Double[-12, 12], Gen.Double[-9, 9], Gen.Double[0, 6])
        .Select((seed, isLinear, cost, unit, spread) => new ProgramUnits(seed, isLinear, Math.Pow(10, cost), Math.Pow(10, unit), spread));

    private static QuadraticSolution Batched(QuadraticProblem problem)
    {
        using IDisposable noGrad = no_grad();
        var options = new InteriorPointOptions();
        return BatchedSolve.Solve(problem, () => new BatchedInteriorPoint(problem, options), options, default);
    }

    private static void AssertSolved(QuadraticProblem problem, double unit, params double[] expected)
    {
        foreach (QuadraticSolution solution in new[] { new InteriorPointSolver().Solve(problem), Batched(problem), new OperatorSplittingSolver().Solve(problem) })
        {
            Assert.AreEqual(SolveStatus.Converged, solution.Status[0]);
            Assert.IsLessThanOrEqualTo(1e-6, ((solution.Z[0] / unit) - Vector(expected)).abs().max().item<double>());
        }
    }

    private static Tensor Vector(params double[] values) => tensor(values, ScalarType.Float64);

    private static Tensor Matrix(long rows, params double[] values) => tensor(values, [rows, values.Length / rows], ScalarType.Float64);
}
