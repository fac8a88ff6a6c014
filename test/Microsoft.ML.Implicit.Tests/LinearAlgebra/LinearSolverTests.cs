using Microsoft.ML.Implicit.LinearAlgebra;
using Microsoft.ML.Implicit.Solvers;
using Microsoft.ML.Implicit.Solvers.FixedPoint;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Tests.LinearAlgebra;

[TestClass]
public class LinearSolverTests
{
    private DisposeScope? _scope;

    public static IEnumerable<object[]> Solvers =>
    [
        [new LuSolver(), ScalarType.Float64],
        [new LuSolver(), ScalarType.Float32],
        [new CholeskySolver(), ScalarType.Float64],
        [new ConjugateGradientSolver(), ScalarType.Float64],
        [new ConjugateGradientSolver(), ScalarType.Float32],
        [new GmresSolver(), ScalarType.Float64],
        [new GmresSolver(new KrylovSettings { Restart = 4, MaximumIterations = 2000 }), ScalarType.Float64],
        [new GmresSolver(), ScalarType.Float32],
        [new DirectOrKrylovSolver(), ScalarType.Float64],
        [new DirectOrKrylovSolver(largestDense: 4), ScalarType.Float64],
        [new NeumannAndersonSolver(new AndersonSolver(new AndersonSettings { AbsoluteTolerance = 1e-12, RelativeTolerance = 1e-12, MaximumIterations = 300 })), ScalarType.Float64],
    ];

    [TestInitialize]
    public void Enter() => _scope = NewDisposeScope();

    [TestCleanup]
    public void Leave() => _scope?.Dispose();

    [TestMethod]
    [DynamicData(nameof(Solvers))]
    public void Residuals_vanish_for_the_operator_and_its_transpose_whatever_the_rows_units(ILinearSolver solver, ScalarType type)
    {
        bool needsSymmetry = solver is CholeskySolver or ConjugateGradientSolver;
        Tensor matrices = eye(9, dtype: ScalarType.Float64) + (0.08 * randn([5, 9, 9], ScalarType.Float64, generator: new Generator(3)));
        if (needsSymmetry)
        {
            matrices = matrices.matmul(matrices.transpose(1, 2));
        }

        matrices = matrices.to(type);
        Tensor units = tensor(new[] { 1e-9, 1.0, 1e9, 0.0, 1.0 }).unsqueeze(1).to(type);
        Tensor right = randn([5, 9], type, generator: new Generator(4)) * (solver is NeumannAndersonSolver ? units.sign() : units);
        var matrix = new DenseOperator(matrices, needsSymmetry ? OperatorTraits.PositiveDefinite : OperatorTraits.None);
        using IFactorization factorization = solver.Prepare(matrix);
        AssertSolved(factorization.Solve(right), matrix, right);
        AssertSolved(factorization.SolveTransposed(right), matrix.Transpose(), right);
    }

    [TestMethod]
    [DataRow(1, 0, 0)]
    [DataRow(7, 1, 1)]
    [DataRow(12, 2, 1)]
    [DataRow(12, 0, 3)]
    [DataRow(6, 5, 5)]
    public void A_banded_solve_equals_that_of_the_dense_matrix(int width, int lower, int upper)
    {
        // Small diagonals make the pivots change rows.
        Tensor diagonals = randn([3, lower + upper + 1, width], ScalarType.Float64, generator: new Generator(1));
        var banded = new BandedOperator(diagonals, lower);
        Tensor dense = banded.Dense();
        for (int row = 0; row < width; row++)
        {
            for (int column = 0; column < width; column++)
            {
                double expected = column - row <= upper && row - column <= lower ? diagonals[1, row - column + upper, column].item<double>() : 0;
                Assert.AreEqual(expected, dense[1, row, column].item<double>());
            }
        }

        Tensor vector = randn([3, width], ScalarType.Float64, generator: new Generator(2));
        Assert.IsTrue(banded.Apply(vector).allclose(dense.matmul(vector.unsqueeze(2)).squeeze(2), 1e-13, 1e-13));
        Assert.IsTrue(banded.ApplyTransposed(vector).allclose(dense.transpose(1, 2).matmul(vector.unsqueeze(2)).squeeze(2), 1e-13, 1e-13));
        using IFactorization factorization = new BandedSolver().Prepare(banded);
        Assert.IsTrue(factorization.Solve(vector).Solution.allclose(linalg.solve(dense, vector.unsqueeze(2)).squeeze(2), 1e-8, 1e-8));
        Assert.IsTrue(factorization.SolveTransposed(vector).Solution.allclose(linalg.solve(dense.transpose(1, 2), vector.unsqueeze(2)).squeeze(2), 1e-8, 1e-8));
    }

    [TestMethod]
    public void A_row_that_cannot_be_solved_costs_that_row_alone()
    {
        Tensor matrices = eye(3, dtype: ScalarType.Float64).repeat(4, 1, 1);
        matrices[1].zero_();
        matrices[2].fill_(double.NaN);
        Tensor right = ones(4, 3, ScalarType.Float64);
        foreach (ILinearSolver solver in new ILinearSolver[] { new LuSolver(), new CholeskySolver(), new GmresSolver(), new BandedSolver() })
        {
            RowOperator matrix = solver is BandedSolver
                ? new BandedOperator(matrices.diagonal(0, 1, 2).unsqueeze(1), 0)
                : new DenseOperator(matrices, OperatorTraits.PositiveDefinite);
            using IFactorization factorization = solver.Prepare(matrix);
            LinearSolution solution = factorization.Solve(right);
            CollectionAssert.AreEqual(
                new[] { true, false, false, true },
                solution.Statuses.Select(status => status == SolveStatus.Converged).ToArray(),
                solver.GetType().Name);
            Assert.IsTrue(solution.Solution[0].allclose(right[0], 1e-9, 1e-9) && solution.Solution[3].allclose(right[3], 1e-9, 1e-9), solver.GetType().Name);
            Assert.ThrowsExactly<SolveFailedException>(() => solution.ThrowIfFailed());
        }
    }

    [TestMethod]
    public void Operators_without_the_trait_that_a_solver_needs_are_refused()
    {
        var matrix = new DenseOperator(eye(2, dtype: ScalarType.Float64).unsqueeze(0));
        Assert.Contains("PositiveDefinite", Assert.ThrowsExactly<ArgumentException>(() => new CholeskySolver().Prepare(matrix)).Message);
        Assert.Contains("PositiveDefinite", Assert.ThrowsExactly<ArgumentException>(() => new ConjugateGradientSolver().Prepare(matrix)).Message);
        Assert.Contains(nameof(BandedOperator), Assert.ThrowsExactly<ArgumentException>(() => new BandedSolver().Prepare(matrix)).Message);
        Assert.ThrowsExactly<ArgumentException>(() => new DenseOperator(ones(2, 3, 4)));
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => new GmresSolver(new KrylovSettings { Restart = 0 }));
    }

    [TestMethod]
    public void Iterations_can_be_cancelled()
    {
        using var source = new CancellationTokenSource();
        source.Cancel();
        var matrix = new DenseOperator(eye(2, dtype: ScalarType.Float64).unsqueeze(0), OperatorTraits.PositiveDefinite);
        foreach (ILinearSolver solver in new ILinearSolver[] { new ConjugateGradientSolver(), new GmresSolver(), new NeumannAndersonSolver(), new NeumannSeriesSolver() })
        {
            using IFactorization factorization = solver.Prepare(matrix);
            Assert.ThrowsExactly<OperationCanceledException>(() => factorization.Solve(ones(1, 2, ScalarType.Float64), source.Token));
        }
    }

    private static void AssertSolved(LinearSolution solution, RowOperator matrix, Tensor right)
    {
        Assert.IsTrue(solution.AllConverged, string.Join(", ", solution.Statuses));
        Tensor residual = (matrix.Apply(solution.Solution) - right).norm(1, false, 2f);
        double tolerance = right.dtype == ScalarType.Float64 ? 1e-9 : 1e-4;
        Assert.IsTrue(residual.le(right.norm(1, false, 2f) * tolerance).all().item<bool>(), string.Join(", ", residual.to(ScalarType.Float64).data<double>().ToArray()));
    }
}
