using CsCheck;
using Microsoft.ML.Implicit.Solvers;
using Microsoft.ML.Implicit.Solvers.Quadratic;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Tests.Solvers.Quadratic;

[TestClass]
public class InteriorPointFailureTests
{
    private readonly InteriorPointSolver _solver = new();

    [TestMethod]
    [DataRow(100_000, 0, 2, "The program's equalities would take a dense matrix of 100000 x 100000")]
    [DataRow(0, 100_000, 5_000, "The program's inequalities would take a dense matrix of 100000 x 5000")]
    [DataRow(0, 0, 100_000, "The program's variables would take a dense matrix of 100000 x 100000")]
    public void Programs_too_large_for_dense_matrices_are_refused_with_the_limit(int equalities, int inequalities, int variables, string fragment)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor? Rows(int count) => count > 0 ? zeros(1, 1, ScalarType.Float64).expand(count, variables) : null;
        Tensor? Sides(int count) => count > 0 ? zeros(count, ScalarType.Float64) : null;
        string message = Assert.Throws<ArgumentException>(() => new QuadraticProblem(
            null, zeros(variables, ScalarType.Float64), Rows(inequalities), Sides(inequalities), Rows(equalities), Sides(equalities))).Message;
        StringAssert.Contains(message, fragment, StringComparison.Ordinal);
        StringAssert.Contains(message, "the limit is 268435456", StringComparison.Ordinal);
    }

    [TestMethod]
    public void Contradicting_inequalities_are_infeasible_and_named()
    {
        using DisposeScope scope = NewDisposeScope();
        // Row 0: z0 ≤ 1 and z0 ≥ 2. Row 1: z0 ≤ 3 and z0 ≥ 2.
        Tensor g = Matrix(3, 2, 1, 0, -1, 0, 0, 1);
        Tensor h = Matrix(2, 3, 1, -2, 5, 3, -2, 5);

        QuadraticSolution solution = _solver.Solve(new QuadraticProblem(eye(2, dtype: ScalarType.Float64), zeros(2, 2, ScalarType.Float64), g, h));

        Assert.AreEqual(SolveStatus.Infeasible, solution.Status[0]);
        Assert.AreEqual(SolveStatus.Converged, solution.Status[1]);
        CollectionAssert.AreEquivalent(new[] { 0, 1 }, solution.Diagnose(0).Inequalities.ToArray());
        Assert.IsTrue(solution.Z[0].isnan().all().item<bool>());
        Assert.AreEqual(2, solution.Z[1, 0].item<double>(), 1e-8);
        SolveFailedException exception = Assert.ThrowsExactly<SolveFailedException>(solution.ThrowIfFailed);
        Assert.AreEqual(0, exception.Row);
        StringAssert.Contains(exception.Message, "rows of G", StringComparison.Ordinal);
    }

    [TestMethod]
    public void Contradicting_equalities_are_infeasible_and_named()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor a = Matrix(3, 3, 1, 1, 0, 2, 2, 0, 0, 0, 1);

        QuadraticSolution solution = _solver.Solve(new QuadraticProblem(eye(3, dtype: ScalarType.Float64), zeros(3, ScalarType.Float64), a: a, b: Vector(1, 3, 0)));

        Assert.AreEqual(SolveStatus.Infeasible, solution.Status[0]);
        CollectionAssert.AreEquivalent(new[] { 0, 1 }, solution.Diagnose(0).Equalities.ToArray());
    }

    [TestMethod]
    public void Crossed_bounds_are_infeasible_and_named()
    {
        using DisposeScope scope = NewDisposeScope();

        QuadraticSolution solution = _solver.Solve(new QuadraticProblem(
            eye(3, dtype: ScalarType.Float64), zeros(3, ScalarType.Float64), lower: Vector(0, 1, 0), upper: Vector(1, 0.5, 1)));

        Assert.AreEqual(SolveStatus.Infeasible, solution.Status[0]);
        CollectionAssert.AreEqual(new[] { 1 }, solution.Diagnose(0).LowerBounds.ToArray());
        CollectionAssert.AreEqual(new[] { 1 }, solution.Diagnose(0).UpperBounds.ToArray());
    }

    [TestMethod]
    public void An_inequality_that_contradicts_an_equality_and_a_bound_is_named_with_them()
    {
        using DisposeScope scope = NewDisposeScope();
        // z0 + z1 = 4, z0 ≤ 1, z1 ≤ 2 by a row of G.
        QuadraticSolution solution = _solver.Solve(new QuadraticProblem(
            eye(2, dtype: ScalarType.Float64), zeros(2, ScalarType.Float64), Matrix(1, 2, 0, 1), Vector(2), Matrix(1, 2, 1, 1), Vector(4), upper: Vector(1, double.PositiveInfinity)));

        QuadraticDiagnosis diagnosis = solution.Diagnose(0);
        Assert.AreEqual(SolveStatus.Infeasible, diagnosis.Status);
        CollectionAssert.AreEqual(new[] { 0 }, diagnosis.Inequalities.ToArray());
        CollectionAssert.AreEqual(new[] { 0 }, diagnosis.Equalities.ToArray());
        CollectionAssert.AreEqual(new[] { 0 }, diagnosis.UpperBounds.ToArray());
    }

    [TestMethod]
    [DataRow(1e-4)]
    [DataRow(1.0)]
    [DataRow(1e4)]
    public void Random_infeasible_problems_are_found_at_every_scale(double scale)
    {
        for (int seed = 0; seed < 20; seed++)
        {
            using DisposeScope scope = NewDisposeScope();
            Tensor?[] x = RandomPrograms.Arguments(seed, batch: 1, n: 12, m: 20, k: 3, bounds: false);
            // A positive combination of the first inequalities is made to exclude itself.
            Tensor row = -x[2]![0, TensorIndex.Slice(0, 4)].sum(0, keepdim: true);
            Tensor bound = -x[3]![0, TensorIndex.Slice(0, 4)].sum(0, keepdim: true) - 0.1;
            x[2] = cat([x[2]!, row.unsqueeze(0)], 1);
            x[3] = cat([x[3]!, bound.unsqueeze(0)], 1) * scale;
            x[5] = x[5]! * scale;

            QuadraticSolution solution = _solver.Solve(RandomPrograms.Problem(x));

            Assert.AreEqual(SolveStatus.Infeasible, solution.Status[0], $"seed {seed}, iterations {solution.Iterations[0]}");
            QuadraticDiagnosis diagnosis = solution.Diagnose(0);
            Assert.Contains(20, diagnosis.Inequalities);
            AssertContradict(x, diagnosis);
        }
    }

    [TestMethod]
    public void Contradictions_are_found_in_random_problems() =>
        Gen.Select(Gen.Int[0, 100000], Gen.Int[1, 20], Gen.Int[1, 20], Gen.Int[0, 2], Gen.Bool).Sample(
            (seed, n, m, width, isLinear) =>
            {
                using DisposeScope scope = NewDisposeScope();
                Tensor?[] x = RandomPrograms.Arguments(seed, 2, n, m, 0, bounds: isLinear);
                x[0] = isLinear ? null : x[0];
                x[2] = cat([x[2]!, -x[2]!.narrow(1, 0, 1)], 1);
                x[3] = cat([x[3]!, -x[3]!.narrow(1, 0, 1) - Math.Pow(10, -width)], 1);
                Assert.IsTrue(_solver.Solve(RandomPrograms.Problem(x)).Status.All(status => status == SolveStatus.Infeasible));
            },
            iter: 80,
            threads: 1);

    [TestMethod]
    public void A_direction_of_endless_descent_is_unbounded_and_its_variables_are_named()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor q = diag(Vector(1, 0, 1));

        QuadraticSolution solution = _solver.Solve(new QuadraticProblem(q, Vector(1, -1, 1), lower: Vector(0, 0, 0)));

        Assert.AreEqual(SolveStatus.Unbounded, solution.Status[0]);
        CollectionAssert.AreEqual(new[] { 1 }, solution.Diagnose(0).Variables.ToArray());
    }

    [TestMethod]
    public void An_unbounded_linear_program_is_found()
    {
        using DisposeScope scope = NewDisposeScope();

        QuadraticSolution solution = _solver.Solve(new QuadraticProblem(null, Vector(-1, -1), Matrix(1, 2, 1, -1), Vector(1), lower: Vector(0, 0)));

        Assert.AreEqual(SolveStatus.Unbounded, solution.Status[0]);
        CollectionAssert.AreEquivalent(new[] { 0, 1 }, solution.Diagnose(0).Variables.ToArray());
    }

    [TestMethod]
    [DataRow(8, 5, 4)]
    [DataRow(15, 5, 2)]
    public void A_linear_program_without_bounds_is_called_unbounded(int seed, int n, int m)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor?[] x = RandomPrograms.Arguments(seed, 2, n, m, 0, bounds: false);
        x[0] = null;
        Assert.IsTrue(_solver.Solve(RandomPrograms.Problem(x)).Status.All(status => status == SolveStatus.Unbounded));
    }

    [TestMethod]
    public void A_negative_eigenvalue_is_named()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor q = stack([eye(2, dtype: ScalarType.Float64), Matrix(2, 2, 1, 2, 2, 1)]);

        QuadraticSolution solution = _solver.Solve(new QuadraticProblem(q, Vector(1, 1), lower: Vector(-1, -1), upper: Vector(1, 1)));

        Assert.AreEqual(SolveStatus.Converged, solution.Status[0]);
        Assert.AreEqual(SolveStatus.NonConvex, solution.Status[1]);
        Assert.AreEqual(-1, solution.Diagnose(1).SmallestEigenvalue!.Value, 1e-12);
        StringAssert.Contains(solution.Diagnose(1).ToString(), "-1", StringComparison.Ordinal);
    }

    [TestMethod]
    public void A_row_with_NaN_is_reported_and_leaves_its_neighbours_alone()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor?[] x = RandomPrograms.Arguments(seed: 1, batch: 3, n: 6, m: 5, k: 1, bounds: true);
        QuadraticSolution clean = _solver.Solve(RandomPrograms.Problem(x));
        x[1] = x[1]!.clone();
        x[1]![1, 2] = double.NaN;

        QuadraticSolution solution = _solver.Solve(RandomPrograms.Problem(x));

        CollectionAssert.AreEqual(new[] { SolveStatus.Converged, SolveStatus.InvalidInput, SolveStatus.Converged }, solution.Status.ToArray());
        Assert.IsTrue(solution.Z[1].isnan().all().item<bool>());
        Assert.AreEqual(0, (solution.Z[0] - clean.Z[0]).abs().max().item<double>());
        Assert.AreEqual(0, (solution.Z[2] - clean.Z[2]).abs().max().item<double>());
    }

    [TestMethod]
    public void A_solve_that_runs_out_of_iterations_says_so_and_returns_its_best_iterate()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor?[] x = RandomPrograms.Arguments(seed: 2, batch: 1, n: 8, m: 8, k: 2, bounds: false);

        QuadraticSolution solution = new InteriorPointSolver(new InteriorPointOptions { MaximumIterations = 2 }).Solve(RandomPrograms.Problem(x));

        Assert.AreEqual(SolveStatus.MaximumIterations, solution.Status[0]);
        Assert.IsTrue(solution.Z.isfinite().all().item<bool>());
    }

    [TestMethod]
    public void Cancellation_stops_a_solve()
    {
        using DisposeScope scope = NewDisposeScope();
        using var cancelled = new CancellationTokenSource();
        cancelled.Cancel();
        QuadraticProblem problem = RandomPrograms.Problem(RandomPrograms.Arguments(seed: 2, batch: 4, n: 8, m: 8, k: 2, bounds: false));

        Assert.ThrowsExactly<OperationCanceledException>(() => _solver.Solve(problem, cancellation: cancelled.Token));
    }

    [TestMethod]
    public void Mismatched_shapes_are_refused_by_name()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor q = eye(3, dtype: ScalarType.Float64), p = zeros(3, ScalarType.Float64);

        AssertNames("g", "[2, 4]", "[2, 3]", () => new QuadraticProblem(q, p, zeros(2, 4, ScalarType.Float64), zeros(2, ScalarType.Float64)));
        AssertNames("h", "[5]", "[2]", () => new QuadraticProblem(q, p, zeros(2, 3, ScalarType.Float64), zeros(5, ScalarType.Float64)));
        AssertNames("q", "[2, 2]", "[3, 3]", () => new QuadraticProblem(eye(2, dtype: ScalarType.Float64), p));
        AssertNames("b", "Float32", "Float64", () => new QuadraticProblem(q, p, a: zeros(1, 3, ScalarType.Float64), b: zeros(1)));
        AssertNames("lower", "[4, 3]", "batch of 2", () => new QuadraticProblem(q, zeros(2, 3, ScalarType.Float64), lower: zeros(4, 3, ScalarType.Float64)));
        AssertNames("h", "both or neither", "g", () => new QuadraticProblem(q, p, zeros(2, 3, ScalarType.Float64)));

        static void AssertNames(string argument, string actual, string expected, Func<QuadraticProblem> create)
        {
            ArgumentException exception = Assert.ThrowsExactly<ArgumentException>(create);
            Assert.AreEqual(argument, exception.ParamName);
            StringAssert.Contains(exception.Message, actual, StringComparison.Ordinal);
            StringAssert.Contains(exception.Message, expected, StringComparison.Ordinal);
        }
    }

    // What a diagnosis names must be infeasible by itself.
    private void AssertContradict(Tensor?[] x, QuadraticDiagnosis diagnosis)
    {
        Tensor inequalities = tensor(diagnosis.Inequalities.Select(i => (long)i).ToArray()), equalities = tensor(diagnosis.Equalities.Select(i => (long)i).ToArray());
        QuadraticSolution named = _solver.Solve(new QuadraticProblem(
            x[0], x[1]!, x[2]!.index_select(1, inequalities), x[3]!.index_select(1, inequalities), x[4]!.index_select(1, equalities), x[5]!.index_select(1, equalities)));
        Assert.AreEqual(SolveStatus.Infeasible, named.Status[0]);
    }

    private static Tensor Vector(params double[] values) => tensor(values, ScalarType.Float64);

    private static Tensor Matrix(long rows, long columns, params double[] values) => tensor(values, [rows, columns], ScalarType.Float64);
}
