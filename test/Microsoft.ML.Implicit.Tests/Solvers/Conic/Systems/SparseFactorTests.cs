using Microsoft.ML.Implicit.Solvers.Conic.Systems;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Tests.Solvers.Conic.Systems;

[TestClass]
public sealed class SparseFactorTests
{
    [TestMethod]
    public void A_star_is_factored_without_fill()
    {
        // Eliminating its centre first would fill all of it.
        var symbolic = new SymbolicFactorization(20, [.. Enumerable.Range(1, 19).Select(i => (0, i))]);
        Assert.AreEqual(19, symbolic.FactorStarts[^1]);
        CollectionAssert.AreEquivalent(Enumerable.Range(0, 20).ToArray(), symbolic.Order);
    }

    [TestMethod]
    public void A_grid_is_filled_less_than_in_its_own_order()
    {
        const int width = 20;
        List<(int Row, int Column)> entries = [];
        for (int i = 0; i < width * width; i++)
        {
            if (i % width > 0)
            {
                entries.Add((i, i - 1));
            }

            if (i >= width)
            {
                entries.Add((i, i - width));
            }
        }

        // A band of this width holds so many entries.
        Assert.IsLessThan(width * width * width / 2, new SymbolicFactorization(width * width, entries).FactorStarts[^1]);
    }

    [TestMethod]
    public void Variables_in_every_row_are_eliminated_last_without_going_through_all_rows_for_each()
    {
        // Two slacks for each error of a regression, in which are all coefficients.
        const int coefficients = 20, errors = 2000, n = coefficients + errors;
        (int Row, int Column)[] entries =
        [
            .. Enumerable.Range(0, 2 * errors).SelectMany(slack => Enumerable.Range(0, coefficients).Append(coefficients + (slack / 2)).Select(variable => (n + slack, variable))),
        ];
        var symbolic = new SymbolicFactorization(n + (2 * errors), entries, later: n);
        CollectionAssert.AreEquivalent(Enumerable.Range(0, coefficients).ToArray(), symbolic.Order[^coefficients..]);
        Assert.AreEqual((2 * errors * (coefficients + 1)) + (errors * coefficients) + (coefficients * (coefficients - 1) / 2), symbolic.FactorStarts[^1]);
    }

    [TestMethod]
    public void Solutions_are_those_of_the_dense_matrix()
    {
        using DisposeScope scope = NewDisposeScope();
        const int n = 40, m = 30;
        var random = new Random(3);
        (int Row, int Column)[] places = [.. Enumerable.Range(0, 150).Select(_ => (n + random.Next(m), random.Next(n))).Distinct(), (1, 2), (7, 30)];
        double[] values = [.. places.Select(place => place.Row < n ? 0.1 : random.NextDouble() - 0.5)];
        double[] diagonal = [.. Enumerable.Range(0, n + m).Select(i => i < n ? 1.0 : -1)], right = [.. Enumerable.Range(0, n + m).Select(_ => random.NextDouble())];
        Tensor dense = diag(tensor(diagonal));
        foreach (((int row, int column), double value) in places.Zip(values))
        {
            dense[row, column] = dense[column, row] = tensor(value);
        }

        var factor = new SparseFactor(new SymbolicFactorization(n + m, places));
        Assert.IsTrue(factor.TryFactor(values, diagonal));
        double[] x = [.. right];
        factor.Solve(x);
        Assert.IsLessThanOrEqualTo(1e-12, (dense.mv(tensor(x)) - tensor(right)).abs().max().item<double>());
        diagonal[5] = double.NaN;
        Assert.IsFalse(factor.TryFactor(values, diagonal));
    }
}
