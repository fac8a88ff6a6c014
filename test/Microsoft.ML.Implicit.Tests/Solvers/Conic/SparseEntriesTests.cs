using Microsoft.ML.Implicit.Differentiation;
using Microsoft.ML.Implicit.Layers.Conic;
using Microsoft.ML.Implicit.Solvers;
using Microsoft.ML.Implicit.Solvers.Conic;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Tests.Solvers.Conic;

[TestClass]
public sealed class SparseEntriesTests
{
    [TestMethod]
    [DataRow(1, DisplayName = "small, so that matrices are stored whole")]
    [DataRow(10, DisplayName = "ten programs in one, stored by entries")]
    public void Solutions_and_gradients_are_those_of_whole_matrices(int parts)
    {
        using DisposeScope scope = NewDisposeScope();
        ConeProblem whole = Join(RandomConePrograms.Create(RandomConePrograms.EveryCone, 7, 2 * parts, 7, seed: 5), parts);
        ConeProblem sparse = Sparse(whole);
        ConeSolution expected = new ConeSolver().Solve(whole), solution = new ConeSolver().Solve(sparse);
        for (int row = 0; row < 2; row++)
        {
            ConeCertificate.AssertOptimal(solution, row, 1e-9);
        }

        AssertClose(expected.X, solution.X);
        AssertClose(expected.Objective, solution.Objective);
        Tensor x = ones_like(expected.X), s = arange(whole.Constraints, ScalarType.Float64).expand(2, -1) / whole.Constraints;
        ConeGradients gradients = solution.Backward(x, s, s), ofWhole = expected.Backward(x, s, s);
        AssertClose(sparse.PEntries!.Values(ofWhole.P!), gradients.P!);
        AssertClose(sparse.AEntries!.Values(ofWhole.A), gradients.A);
        AssertClose(ofWhole.Q, gradients.Q);
        AssertClose(ofWhole.B, gradients.B);
    }

    [TestMethod]
    public void Values_that_all_rows_share_have_the_sum_of_gradients()
    {
        using DisposeScope scope = NewDisposeScope();
        ConeProblem one = RandomConePrograms.Create([Cone.Nonnegative(9), Cone.SecondOrder(3)], 5, 1, 5, seed: 3);
        SparseEntries entries = Everywhere(12, 5), square = Everywhere(5, 5);
        Tensor values = entries.Values(one.A[0]).requires_grad_(), p = square.Values(one.P![0]), q = stack([one.Q[0], one.Q[0] * 1.1]);
        ConeOutputs outputs = new ConeProgram().forward(new ConeProblem(p, q, values, one.B[0], one.Cones, square, entries));
        ImplicitBackward.Run(() => outputs.X.pow(2).sum().backward());

        Tensor apart = entries.Values(one.A[0]).expand(2, -1).clone().requires_grad_();
        outputs = new ConeProgram().forward(new ConeProblem(p, q, apart, one.B[0], one.Cones, square, entries));
        ImplicitBackward.Run(() => outputs.X.pow(2).sum().backward());
        AssertClose(apart.grad!.sum([0L]), values.grad!);
    }

    [TestMethod]
    public void One_triangle_of_P_counts_half_as_its_symmetric_part_does()
    {
        using DisposeScope scope = NewDisposeScope();

        // Least x₀² + x₁² + x₀x₁ − x₀: the mixed term is given above the diagonal alone.
        var entries = new SparseEntries(2, [0, 2, 3], [0, 1, 1]);
        Tensor p = tensor(new[] { 2.0, 2.0, 2.0 }), q = tensor(new[] { -1.0, 0.0 });
        var problem = new ConeProblem(p, q, zeros(0, ScalarType.Float64), zeros(0, ScalarType.Float64), [], entries, new SparseEntries(2, [0], []));
        Tensor x = new ConeSolver().Solve(problem).X[0];
        Assert.AreEqual(2.0 / 3, x[0].item<double>(), 1e-9);
        Assert.AreEqual(-1.0 / 3, x[1].item<double>(), 1e-9);
    }

    [TestMethod]
    public void Programs_far_too_large_for_whole_matrices_are_solved()
    {
        using DisposeScope scope = NewDisposeScope();

        // Least ½ ‖x‖² − cᵀx with xᵢ ≤ xᵢ₊₁: pairs are pooled where c falls.
        const int n = 20_000;
        var random = new Random(1);
        int[] starts = [.. Enumerable.Range(0, n).Select(i => 2 * i)], columns = [.. Enumerable.Range(0, n - 1).SelectMany(i => new[] { i, i + 1 })];
        double[] values = [.. Enumerable.Range(0, n - 1).SelectMany(_ => new[] { 1.0, -1.0 })], c = [.. Enumerable.Range(0, n).Select(i => (i / (double)n) + (0.1 * random.NextDouble()))];
        var diagonal = new SparseEntries(n, [.. Enumerable.Range(0, n + 1)], [.. Enumerable.Range(0, n)]);
        var problem = new ConeProblem(
            ones(n, ScalarType.Float64), tensor(c).neg(), tensor(values), zeros(n - 1, ScalarType.Float64), [Cone.Nonnegative(n - 1)], diagonal, new SparseEntries(n, starts, columns));
        const double tolerance = 1e-7;
        ConeSolution solution = new ConeSolver(new ConeOptions { Tolerance = tolerance }).Solve(problem);
        Assert.AreEqual(SolveStatus.Converged, solution.Status[0], solution.Describe(0));
        double[] pooled = Pool(c), x = [.. solution.X.flatten().data<double>()];

        // What a strongly convex objective with that gap leaves.
        Assert.IsLessThanOrEqualTo(2 * tolerance * Math.Abs(solution.Objective.item<double>()), Enumerable.Range(0, n).Sum(i => (pooled[i] - x[i]) * (pooled[i] - x[i])));
    }

    [TestMethod]
    public void Entries_out_of_order_or_of_another_matrix_are_refused()
    {
        using DisposeScope scope = NewDisposeScope();
        Assert.ThrowsExactly<ArgumentException>(() => new SparseEntries(2, [0, 2], [1, 0]));
        Assert.ThrowsExactly<ArgumentException>(() => new SparseEntries(2, [0, 1], [2]));
        Assert.ThrowsExactly<ArgumentException>(() => new SparseEntries(2, [0, 1], [0, 1]));
        Assert.ThrowsExactly<ArgumentException>(() => new SparseEntries(2, [0, 2, 1, 2], [0, 1]));
        var entries = new SparseEntries(2, [0, 1], [0]);
        Tensor q = zeros(3, ScalarType.Float64), one = ones(1, ScalarType.Float64);
        ArgumentException refusal = Assert.ThrowsExactly<ArgumentException>(() => new ConeProblem(null, q, one, one, [Cone.Zero(1)], null, entries));
        Assert.Contains("aEntries", refusal.Message);
    }

    private static void AssertClose(Tensor expected, Tensor actual)
    {
        CollectionAssert.AreEqual(expected.shape, actual.shape);
        double size = expected.abs().max().item<double>(), error = (actual - expected).abs().max().item<double>();
        Assert.IsLessThanOrEqualTo(1e-7 * size, error);
    }

    private static ConeProblem Sparse(ConeProblem whole)
    {
        SparseEntries p = Nonzero(whole.P!), a = Nonzero(whole.A);
        return new ConeProblem(p.Values(whole.P!), whole.Q, a.Values(whole.A), whole.B, whole.Cones, p, a);
    }

    private static SparseEntries Nonzero(Tensor matrices)
    {
        Tensor isEntry = matrices.ne(0).any(0, keepdim: false);
        bool[] marks = [.. isEntry.flatten().data<bool>()];
        return SparseEntries.Of((int)matrices.shape[1], (int)matrices.shape[2], Enumerable.Range(0, marks.Length).Where(i => marks[i]).Select(i => (long)i));
    }

    private static SparseEntries Everywhere(int rows, int columns) => SparseEntries.Of(rows, columns, Enumerable.Range(0, rows * columns).Select(i => (long)i));

    // Each row the parts of one block diagonal program.
    private static ConeProblem Join(ConeProblem programs, int parts)
    {
        int rows = programs.BatchSize / parts;
        return new ConeProblem(
            Diagonal(programs.P!), programs.Q.reshape(rows, -1), Diagonal(programs.A), programs.B.reshape(rows, -1), [.. Enumerable.Range(0, parts).SelectMany(_ => programs.Cones)]);

        Tensor Diagonal(Tensor matrices) => stack([.. Enumerable.Range(0, rows).Select(row => block_diag([.. matrices.narrow(0, row * parts, parts).unbind()]))]);
    }

    private static double[] Pool(double[] c)
    {
        Stack<(double Sum, int Count)> pools = new();
        foreach (double value in c)
        {
            (double Sum, int Count) pool = (value, 1);
            while (pools.TryPeek(out (double Sum, int Count) last) && last.Sum / last.Count >= pool.Sum / pool.Count)
            {
                pool = (pool.Sum + last.Sum, pool.Count + last.Count);
                pools.Pop();
            }

            pools.Push(pool);
        }

        return [.. pools.Reverse().SelectMany(pool => Enumerable.Repeat(pool.Sum / pool.Count, pool.Count))];
    }
}
