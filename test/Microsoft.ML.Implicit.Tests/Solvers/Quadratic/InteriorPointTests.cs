using Microsoft.ML.Implicit.Solvers.Quadratic;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Tests.Solvers.Quadratic;

[TestClass]
public class InteriorPointTests
{
    private readonly InteriorPointSolver _solver = new();

    [TestMethod]
    public void A_row_solved_in_a_batch_equals_the_row_solved_alone()
    {
        using DisposeScope scope = NewDisposeScope();
        foreach (bool shared in new[] { false, true })
        {
            Tensor?[] x = RandomPrograms.Arguments(seed: 5, batch: 9, n: 13, m: 17, k: 3, bounds: true, shared);
            QuadraticSolution batch = _solver.Solve(RandomPrograms.Problem(x));
            for (int row = 0; row < 9; row++)
            {
                Tensor?[] alone = [.. x.Select((t, i) => (i is 0 or 2 or 4) && shared ? t : t![row])];
                QuadraticSolution single = _solver.Solve(RandomPrograms.Problem(alone));
                Assert.AreEqual(0, (single.Z[0] - batch.Z[row]).abs().max().item<double>());
                Assert.AreEqual(0, (single.Lambda[0] - batch.Lambda[row]).abs().max().item<double>());
                Assert.AreEqual(single.Iterations[0], batch.Iterations[row]);
            }
        }
    }

    [TestMethod]
    public void One_thread_and_two_solve_a_large_problem_to_the_same_bits()
    {
        using DisposeScope scope = NewDisposeScope();
        QuadraticProblem problem = RandomPrograms.Problem(RandomPrograms.Arguments(seed: 14, batch: 1, n: 251, m: 230, k: 90, bounds: true));

        QuadraticSolution one = Solve(1), two = Solve(2);

        Assert.IsTrue(one.AllConverged);
        Assert.AreEqual(0, (one.Z - two.Z).abs().max().item<double>());
        Assert.AreEqual(0, (one.Lambda - two.Lambda).abs().max().item<double>());
        Tensor weights = arange(251, ScalarType.Float64).sin().unsqueeze(0);
        Assert.AreEqual(0, (one.Backward(weights).G! - two.Backward(weights).G!).abs().max().item<double>());

        QuadraticSolution Solve(int threads) => new InteriorPointSolver(new InteriorPointOptions { MaximumParallelism = threads }).Solve(problem);
    }

    [TestMethod]
    public void Bounds_equal_the_same_constraints_written_as_rows()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor?[] x = RandomPrograms.Arguments(seed: 6, batch: 4, n: 7, m: 5, k: 2, bounds: true);
        QuadraticSolution bounds = _solver.Solve(RandomPrograms.Problem(x));
        Tensor identity = eye(7, dtype: ScalarType.Float64).expand(4, 7, 7);

        QuadraticSolution rows = _solver.Solve(new QuadraticProblem(
            x[0], x[1]!, cat([x[2]!, -identity, identity], 1), cat([x[3]!, -x[6]!, x[7]!], 1), x[4], x[5]));

        Assert.IsLessThanOrEqualTo(1e-7, (bounds.Z - rows.Z).abs().max().item<double>());
        Assert.IsLessThanOrEqualTo(1e-7, (cat([bounds.Lambda, bounds.LowerMultipliers!, bounds.UpperMultipliers!], 1) - rows.Lambda).abs().max().item<double>());
    }

    [TestMethod]
    public void A_problem_without_constraints_is_one_linear_system()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor?[] x = RandomPrograms.Arguments(seed: 7, batch: 2, n: 9, m: 0, k: 0, bounds: false);

        QuadraticSolution solution = _solver.Solve(RandomPrograms.Problem(x));

        Assert.IsTrue(solution.AllConverged);
        Tensor expected = -linalg.solve(x[0]!, x[1]!.unsqueeze(2)).squeeze(2);
        Assert.IsLessThanOrEqualTo(1e-9, (solution.Z - expected).abs().max().item<double>());
    }

    [TestMethod]
    public void A_linear_program_reaches_its_vertex_exactly()
    {
        using DisposeScope scope = NewDisposeScope();
        // max 3x + 5y: x ≤ 4, 2y ≤ 12, 3x + 2y ≤ 18, nonnegative (Dantzig's textbook example): (2, 6).
        Tensor g = tensor(new double[] { 1, 0, 0, 2, 3, 2 }, [3, 2], ScalarType.Float64);
        Tensor h = tensor(new double[] { 4, 12, 18 }, ScalarType.Float64);

        QuadraticSolution solution = _solver.Solve(new QuadraticProblem(null, tensor(new double[] { -3, -5 }, ScalarType.Float64), g, h, lower: zeros(2, ScalarType.Float64)));

        Assert.IsTrue(solution.AllConverged);
        Assert.AreEqual(2, solution.Z[0, 0].item<double>(), 1e-8);
        Assert.AreEqual(6, solution.Z[0, 1].item<double>(), 1e-8);
        Assert.AreEqual(-36, solution.Objective[0].item<double>(), 1e-8);
    }

    [TestMethod]
    public void Thousands_of_redundant_constraints_change_nothing()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor?[] x = RandomPrograms.Arguments(seed: 8, batch: 1, n: 10, m: 6, k: 2, bounds: false);
        QuadraticSolution few = _solver.Solve(RandomPrograms.Problem(x));
        x[2] = x[2]!.repeat(1, 500, 1);
        x[3] = x[3]!.repeat(1, 500);

        QuadraticSolution many = _solver.Solve(RandomPrograms.Problem(x));

        Assert.IsTrue(many.AllConverged);
        Assert.IsLessThanOrEqualTo(1e-7, (few.Z - many.Z).abs().max().item<double>());
    }

    [TestMethod]
    public void Only_the_symmetric_part_of_Q_counts_and_the_rest_is_reported()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor?[] x = RandomPrograms.Arguments(seed: 9, batch: 1, n: 6, m: 5, k: 0, bounds: false);
        QuadraticProblem symmetric = RandomPrograms.Problem(x);
        Tensor skew = x[0]!.triu(1);
        x[0] = x[0]! + skew - skew.transpose(-1, -2);
        QuadraticProblem asymmetric = RandomPrograms.Problem(x);

        Assert.IsLessThanOrEqualTo(1e-15, symmetric.Asymmetry());
        Assert.IsGreaterThan(0.01, asymmetric.Asymmetry());
        Assert.IsLessThanOrEqualTo(1e-9, (_solver.Solve(symmetric).Z - _solver.Solve(asymmetric).Z).abs().max().item<double>());
    }

    [TestMethod]
    public void Badly_scaled_data_are_equilibrated()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor?[] x = RandomPrograms.Arguments(seed: 10, batch: 1, n: 8, m: 10, k: 2, bounds: true);
        Tensor expected = _solver.Solve(RandomPrograms.Problem(x)).Z;
        Tensor d = pow(10.0, linspace(-4, 4, 8, ScalarType.Float64));
        x[0] = x[0]! * d.unsqueeze(0) * d.unsqueeze(1);
        foreach (int i in new[] { 2, 4 })
        {
            x[i] = x[i]! * d;
        }

        x[1] = x[1]! * d;
        x[6] = x[6]! / d;
        x[7] = x[7]! / d;

        QuadraticSolution solution = _solver.Solve(RandomPrograms.Problem(x));

        Assert.IsTrue(solution.AllConverged);
        Assert.IsLessThanOrEqualTo(1e-6, ((solution.Z * d) - expected).abs().max().item<double>());
    }

    [TestMethod]
    public void Arrays_of_shared_and_per_row_data_make_a_problem()
    {
        using DisposeScope scope = NewDisposeScope();
        // Row 0 is pulled to 3 and held at 2, row 1 stays at 1 inside its bound.
        QuadraticProblem problem = QuadraticProblem.FromArrays(new QuadraticSize(Batch: 2, Variables: 1), q: [2], p: [-6, -2], upper: [2, 5]);

        QuadraticSolution solution = _solver.Solve(problem);

        Assert.AreEqual(2, solution.Z[0, 0].item<double>(), 1e-9);
        Assert.AreEqual(1, solution.Z[1, 0].item<double>(), 1e-9);
        ArgumentException exception = Assert.ThrowsExactly<ArgumentException>(
            () => QuadraticProblem.FromArrays(new QuadraticSize(Batch: 2, Variables: 3), q: null, p: [1, 2]));
        Assert.AreEqual("p", exception.ParamName);
        StringAssert.Contains(exception.Message, "2 values; expected 3", StringComparison.Ordinal);
    }

    [TestMethod]
    public void Infinite_right_hand_sides_switch_rows_off()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor?[] x = RandomPrograms.Arguments(seed: 12, batch: 2, n: 5, m: 4, k: 0, bounds: true);
        QuadraticSolution without = _solver.Solve(new QuadraticProblem(x[0], x[1]!));
        x[3] = full_like(x[3]!, double.PositiveInfinity);
        x[6] = full_like(x[6]!, double.NegativeInfinity);
        x[7] = full_like(x[7]!, double.PositiveInfinity);

        QuadraticSolution solution = _solver.Solve(RandomPrograms.Problem(x));

        Assert.IsTrue(solution.AllConverged);
        Assert.IsLessThanOrEqualTo(1e-9, (solution.Z - without.Z).abs().max().item<double>());
        Assert.AreEqual(0, solution.Lambda.abs().max().item<double>());
    }

    [TestMethod]
    public void Float32_problems_are_solved_in_float64_and_answered_in_float32()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor?[] x = [.. RandomPrograms.Arguments(seed: 13, batch: 2, n: 6, m: 5, k: 1, bounds: true).Select(t => t!.to(ScalarType.Float32))];

        QuadraticSolution solution = _solver.Solve(RandomPrograms.Problem(x));

        Assert.IsTrue(solution.AllConverged);
        Assert.AreEqual(ScalarType.Float32, solution.Z.dtype);
        Assert.AreEqual(ScalarType.Float32, solution.Backward(ones_like(solution.Z)).G!.dtype);
    }
}
