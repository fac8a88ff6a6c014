using Microsoft.ML.Implicit.LinearAlgebra;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Tests.LinearAlgebra;

[TestClass]
public sealed class SparseSolverTests
{
    public static IEnumerable<object[]> Patterns =>
    [
        ["a single unknown", new SparsityPattern([[]]), 1, 0],
        ["a line", new SparsityPattern([.. Enumerable.Range(0, 20).Select(i => new[] { Math.Max(0, i - 1), Math.Min(19, i + 1) })]), 3, 1],
        ["a ring", new SparsityPattern([.. Enumerable.Range(0, 21).Select(i => new[] { (i + 20) % 21, (i + 1) % 21 })]), 3, 2],
        ["a ring of longer stencils", new SparsityPattern([.. Enumerable.Range(0, 30).Select(i => Enumerable.Range(i + 28, 5).Select(j => j % 30).ToArray())]), 5, 5],
        ["a rectangle", new SparsityPattern([.. Enumerable.Range(0, 5 * 9).Select(Cross)]), 8, 6],
        ["parts without a link, in no order", new SparsityPattern([[4], [], [3], [2], [0, 5], [4]]), 3, 2],
        ["an unsymmetric one", new SparsityPattern([[1, 2, 3], [], [4], [], [0]]), 3, 4],
    ];

    [TestMethod]
    [DynamicData(nameof(Patterns))]
    public void It_solves_as_the_dense_matrix_does_by_few_products_and_diagonals(string name, SparsityPattern pattern, int products, int diagonals)
    {
        using DisposeScope scope = NewDisposeScope();
        int width = pattern.Width;
        Tensor mask = eye(width, dtype: ScalarType.Float64);
        for (int row = 0; row < width; row++)
        {
            foreach (int column in pattern.Columns(row).ToArray())
            {
                mask[row, column] = 1;
            }
        }

        Tensor matrices = randn([3, width, width], ScalarType.Float64, generator: new Generator(1)) * mask;
        Tensor right = randn([3, width], ScalarType.Float64, generator: new Generator(2));
        using IFactorization factorization = new SparseSolver().Prepare(new DenseOperator(matrices, sparsity: pattern));
        Assert.IsTrue(factorization.Solve(right).Solution.allclose(linalg.solve(matrices, right.unsqueeze(2)).squeeze(2), 1e-8, 1e-8), name);
        Assert.IsTrue(factorization.SolveTransposed(right).Solution.allclose(linalg.solve(matrices.transpose(1, 2), right.unsqueeze(2)).squeeze(2), 1e-8, 1e-8), name);
        Assert.IsLessThanOrEqualTo(products, pattern.ProductCount, name);
        Assert.IsLessThanOrEqualTo(diagonals, Math.Max(pattern.Lower, pattern.Upper), name);
    }

    [TestMethod]
    public void A_singular_row_diverges_and_leaves_the_others_alone()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor matrices = stack([eye(3, dtype: ScalarType.Float64), zeros(3, 3, ScalarType.Float64)]);
        using IFactorization factorization = new SparseSolver().Prepare(new DenseOperator(matrices, sparsity: new SparsityPattern([[], [], []])));
        LinearSolution solution = factorization.Solve(ones(2, 3, ScalarType.Float64));
        CollectionAssert.AreEqual(new[] { Implicit.Solvers.SolveStatus.Converged, Implicit.Solvers.SolveStatus.Diverged }, solution.Statuses.ToArray());
    }

    [TestMethod]
    public void What_does_not_know_its_sparsity_is_refused()
    {
        using Tensor matrices = ones(1, 2, 2);
        Assert.ThrowsExactly<ArgumentException>(() => new SparseSolver().Prepare(new DenseOperator(matrices)));
        Assert.ThrowsExactly<ArgumentException>(() => new SparseSolver().Prepare(new DenseOperator(matrices, sparsity: new SparsityPattern([[]]))));
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => new SparsityPattern([[1]]));
    }

    private static int[] Cross(int point)
    {
        (int y, int x) = (point / 9, point % 9);
        return [.. new[] { (y - 1, x), (y + 1, x), (y, x - 1), (y, x + 1) }.Where(p => p.Item1 is >= 0 and < 5 && p.Item2 is >= 0 and < 9).Select(p => (p.Item1 * 9) + p.Item2)];
    }
}
