using Microsoft.ML.Implicit.LinearAlgebra;
using Microsoft.ML.Implicit.Solvers;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Tests.LinearAlgebra;

/// <summary>Inverses that a number of products approximates: exact where these reach, and better the more there are.</summary>
[TestClass]
public sealed class ApproximateInverseTests
{
    private const int Width = 30;

    private DisposeScope? _scope;

    [TestInitialize]
    public void Enter() => _scope = NewDisposeScope();

    [TestCleanup]
    public void Leave() => _scope?.Dispose();

    [TestMethod]
    [DataRow(5, 5)]
    [DataRow(5, 12)]
    [DataRow(Width, Width)]
    [DataRow(Width, 100)]
    public void Nystrom_is_the_damped_inverse_where_its_rank_reaches_that_of_the_operator(int trueRank, int rank)
    {
        Tensor factor = randn([3, Width, trueRank], ScalarType.Float64, generator: new Generator(1));
        Tensor matrices = factor.matmul(factor.transpose(1, 2));
        Tensor right = randn([3, Width], ScalarType.Float64, generator: new Generator(2));
        Tensor expected = linalg.solve(matrices + (0.3 * eye(Width, dtype: ScalarType.Float64)), right.unsqueeze(2)).squeeze(2);
        using IFactorization nystrom = new NystromSolver(rank, damping: 0.3).Prepare(new DenseOperator(matrices, OperatorTraits.Symmetric));
        LinearSolution solution = nystrom.Solve(right);
        Assert.IsTrue(solution.AllConverged);
        Assert.IsTrue(solution.Solution.allclose(expected, 1e-9, 1e-9));
        Assert.IsTrue(nystrom.SolveTransposed(right).Solution.allclose(expected, 1e-9, 1e-9));
    }

    [TestMethod]
    public void Nystrom_comes_nearer_with_its_rank_where_eigenvalues_fall_off()
    {
        (DenseOperator a, Tensor right, Tensor expected) = Decaying(damping: 0.01);
        double[] errors = [.. new[] { 2, 5, 10, 20, Width }.Select(rank => Error(new NystromSolver(rank, damping: 0.01), a, right, expected))];
        CollectionAssert.AreEqual(errors.OrderDescending().ToArray(), errors);
        Assert.IsLessThan(1e-8, errors[^1]);
    }

    [TestMethod]
    public void Directions_of_negative_curvature_count_as_flat()
    {
        Tensor diagonal = cat([full([1, 6], 4.0, ScalarType.Float64), full([1, 2], -1.0, ScalarType.Float64)], 1);
        using IFactorization nystrom = new NystromSolver(rank: 8, damping: 0.5).Prepare(new DenseOperator(diag_embed(diagonal), OperatorTraits.Symmetric));
        Tensor solution = nystrom.Solve(ones(1, 8, ScalarType.Float64)).Solution;
        Assert.IsTrue(solution.isfinite().all().item<bool>());
        Assert.IsTrue(solution.gt(0).all().item<bool>());
    }

    [TestMethod]
    public void A_row_that_is_no_number_costs_that_row_alone()
    {
        Tensor matrices = eye(4, dtype: ScalarType.Float64).repeat(2, 1, 1);
        matrices[1].fill_(double.NaN);
        using IFactorization nystrom = new NystromSolver(rank: 4, damping: 1).Prepare(new DenseOperator(matrices, OperatorTraits.Symmetric));
        LinearSolution solution = nystrom.Solve(ones(2, 4, ScalarType.Float64));
        CollectionAssert.AreEqual(new[] { SolveStatus.Converged, SolveStatus.Diverged }, solution.Statuses.ToArray());
        Assert.IsTrue(solution.Solution[0].allclose(full([4], 0.5, ScalarType.Float64), 1e-12, 1e-12));
    }

    [TestMethod]
    public void A_Neumann_series_comes_nearer_with_its_terms_whatever_the_units()
    {
        (DenseOperator a, Tensor right, Tensor expected) = Decaying(damping: 0.2);
        double[] errors = [.. new[] { 5, 20, 80, 320 }.Select(terms => Error(new NeumannSeriesSolver(terms), a, right, expected))];
        CollectionAssert.AreEqual(errors.OrderDescending().ToArray(), errors);
        Assert.IsLessThan(1e-8, errors[^1]);
        var larger = new DenseOperator(a.Dense() * 1e6, OperatorTraits.PositiveDefinite);
        Assert.AreEqual(errors[1], Error(new NeumannSeriesSolver(20), larger, right, expected * 1e-6), 1e-9);
    }

    [TestMethod]
    public void What_they_need_is_asked_for_by_name()
    {
        var matrix = new DenseOperator(eye(2, dtype: ScalarType.Float64).unsqueeze(0));
        Assert.Contains("Symmetric", Assert.ThrowsExactly<ArgumentException>(() => new NystromSolver().Prepare(matrix)).Message);
        Assert.Contains("PositiveDefinite", Assert.ThrowsExactly<ArgumentException>(() => new NeumannSeriesSolver().Prepare(matrix)).Message);
        Assert.Contains("rank", Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => new NystromSolver(rank: 0)).Message);
        Assert.Contains("damping", Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => new NystromSolver(damping: 0)).Message);
        Assert.Contains("terms", Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => new NeumannSeriesSolver(terms: 0)).Message);
    }

    private static (DenseOperator Operator, Tensor Right, Tensor Expected) Decaying(double damping)
    {
        Tensor basis = linalg.qr(randn([Width, Width], ScalarType.Float64, generator: new Generator(5))).Q;
        Tensor values = pow(0.6, arange(Width, dtype: ScalarType.Float64));
        Tensor matrix = basis.matmul(diag(values)).matmul(basis.t()).unsqueeze(0);
        Tensor damped = matrix + (damping * eye(Width, dtype: ScalarType.Float64));
        Tensor right = randn([1, Width], ScalarType.Float64, generator: new Generator(6));
        Tensor expected = linalg.solve(damped, right.unsqueeze(2)).squeeze(2);
        return (new DenseOperator(damping == 0.2 ? damped : matrix, OperatorTraits.PositiveDefinite), right, expected);
    }

    private static double Error(ILinearSolver solver, RowOperator a, Tensor right, Tensor expected)
    {
        using IFactorization factorization = solver.Prepare(a);
        return ((factorization.Solve(right).Solution - expected).norm() / expected.norm()).item<double>();
    }
}
