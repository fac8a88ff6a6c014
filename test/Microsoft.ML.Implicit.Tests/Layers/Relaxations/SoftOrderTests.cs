using Microsoft.ML.Implicit.Layers.Relaxations;
using Microsoft.ML.Implicit.Solvers.Relaxations;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Tests.Layers.Relaxations;

/// <summary>Soft ranks and sorted values.</summary>
[TestClass]
public sealed class SoftOrderTests
{
    [TestMethod]
    [DataRow(false, 1.0, new[] { 5 / 3.0, 8 / 3.0, 11 / 3.0 })]
    [DataRow(false, 0.1, new[] { 1.0, 2, 5 })]
    [DataRow(true, 2.0, new[] { 3, 1.25, 1.75 })]
    [DataRow(true, 1.0, new[] { 3.0, 1, 2 })]
    public void They_are_the_published_ones(bool ranks, double strength, double[] expected)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor values = tensor(new double[,] { { 5, 1, 2 } });
        Tensor actual = ranks ? SoftOrder.Rank(values, strength) : SoftOrder.Sort(values, strength);
        Assert.IsLessThan(1e-12, (actual[0] - tensor(expected)).abs().max().item<double>());
    }

    [TestMethod]
    public void A_small_strength_gives_the_order_itself_and_a_large_one_the_mean()
    {
        using DisposeScope scope = NewDisposeScope();
        using var random = new Generator(1);
        Tensor values = randn([5, 9], ScalarType.Float64, generator: random);
        Tensor ranks = values.argsort(1).argsort(1).to(ScalarType.Float64) + 1;
        Assert.IsLessThan(1e-9, (SoftOrder.Rank(values, 1e-6) - ranks).abs().max().item<double>());
        Assert.IsLessThan(1e-9, (SoftOrder.Sort(values, 1e-6) - values.sort(1).Values).abs().max().item<double>());
        Assert.IsLessThan(1e-5, (SoftOrder.Rank(values, 1e6) - 5).abs().max().item<double>());
        Assert.IsLessThan(1e-9, (SoftOrder.Rank(values * 1000 + 7, 100) - SoftOrder.Rank(values, 0.1)).abs().max().item<double>());
    }

    [TestMethod]
    public void Gradients_and_second_derivatives_are_those_of_differences()
    {
        using DisposeScope scope = NewDisposeScope();
        using var random = new Generator(1);
        Tensor values = randn([3, 7], ScalarType.Float64, generator: random), relevances = randn([3, 7], ScalarType.Float64, generator: random);
        RelaxationGradients.AssertMatch(x => SoftOrder.Rank(x[0], 0.7), 1e-7, values);
        RelaxationGradients.AssertMatch(x => SoftOrder.Sort(x[0], 0.7), 1e-7, values);
        RelaxationGradients.AssertMatch(x => SoftOrder.SpearmanLoss(x[0], relevances, 0.7), 1e-7, values);
        Func<Tensor[], Tensor> slope = x =>
        {
            using IDisposable graph = enable_grad();
            Tensor leaf = x[0].requires_grad ? x[0] : x[0].clone().requires_grad_();
            return autograd.grad([SoftOrder.Rank(leaf, 0.7).pow(3).sum()], [leaf], create_graph: true, retain_graph: true)[0];
        };
        RelaxationGradients.AssertMatch(slope, 1e-5, values);
    }

    [TestMethod]
    public void A_loss_of_ranks_asks_for_the_order_alone()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor wanted = tensor(new double[,] { { 10, 30, 20, 30 } });
        Assert.AreEqual(0, SoftOrder.SpearmanLoss(tensor(new double[,] { { 1, 9, 2, 9 } }), wanted, 1e-6)[0].item<double>(), 1e-12 + 0.06);
        Assert.AreEqual(0, SoftOrder.SpearmanLoss(tensor(new double[,] { { 1, 9, 2, 8 } }), tensor(new double[,] { { 10, 31, 20, 30 } }), 1e-3)[0].item<double>(), 1e-12);
        Assert.AreEqual(2, SoftOrder.SpearmanLoss(tensor(new double[,] { { 4, 1, 3, 2 } }), tensor(new double[,] { { 1, 4, 2, 3 } }), 1e-3)[0].item<double>(), 1e-12);
        Assert.AreEqual(1, SoftOrder.SpearmanLoss(tensor(new double[,] { { 4, 1, 3, 2 } }), tensor(new double[,] { { 5, 5, 5, 5 } }), 1e-3)[0].item<double>(), 1e-12);
    }

    [TestMethod]
    public void Scores_that_are_all_the_same_have_no_correlation_and_no_slope()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor scores = full([1, 4], 0.3, ScalarType.Float64).requires_grad_();
        Tensor loss = SoftOrder.SpearmanLoss(scores, tensor(new double[,] { { 1, 4, 2, 3 } }));
        loss.sum().backward();
        Assert.AreEqual(1, loss.item<double>());
        Assert.IsTrue(scores.grad!.eq(0).all().item<bool>());
    }

    [TestMethod]
    public void Relevances_that_are_all_the_same_have_no_correlation_and_no_slope()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor scores = tensor(new[,] { { 0.1, 0.3, 0.2 } }).requires_grad_();
        Tensor loss = SoftOrder.SpearmanLoss(scores, ones([1, 3], ScalarType.Float64));
        loss.sum().backward();
        Assert.AreEqual(1, loss.item<double>());
        Assert.IsTrue(scores.grad!.eq(0).all().item<bool>());
    }

    [TestMethod]
    public void A_row_that_is_not_finite_is_missing_and_leaves_the_others_alone()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor values = tensor(new[,] { { 5.0, double.NaN, 2 }, { 5, 1, 2 } });
        Tensor ranks = SoftOrder.Rank(values, 1);
        Assert.IsTrue(ranks[0].isnan().any().item<bool>());
        CollectionAssert.AreEqual(new[] { 3.0, 1, 2 }, ranks[1].data<double>().ToArray());
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => SoftOrder.Rank(values, 0));
        Assert.ThrowsExactly<ArgumentException>(() => SoftOrder.Rank(values[0], 1));
    }

    [TestMethod]
    [DataRow(ScalarType.Float32, 102.0, 1e-7)]
    [DataRow(ScalarType.Float32, 1e7, 0.1)]
    [DataRow(ScalarType.Float32, 1e6, 1e-38)]
    [DataRow(ScalarType.Float64, 1e15, 1e-3)]
    [DataRow(ScalarType.Float64, 1.0, 1e-300)]
    public void An_order_is_exact_however_small_the_strength_is_beside_the_values(ScalarType type, double offset, double strength)
    {
        using DisposeScope scope = NewDisposeScope();
        double[] expected = [5, 1, 3.5, 2, 3.5];
        Tensor values = (tensor(new double[,] { { 5, 1, 3, 2, 3 } }) + offset).to(type);
        CollectionAssert.AreEqual(expected, SoftOrder.Rank(values, strength).to(ScalarType.Float64).data<double>().ToArray());
        CollectionAssert.AreEqual(expected, Permutahedron.Rank([.. values.to(ScalarType.Float64).data<double>()], strength));
        Assert.IsTrue(SoftOrder.Sort(values, strength).eq(values.sort(1).Values).all().item<bool>());
        Assert.AreEqual(0, SoftOrder.SpearmanLoss(values, values, strength).to(ScalarType.Float64).item<double>(), 1e-6);
    }

    [TestMethod]
    public void What_is_not_finite_gives_no_numbers()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor values = tensor(new[,] { { 1, double.PositiveInfinity, 2 }, { 1, double.NaN, 2 }, { 3, 1, 2 } }), good = ones([3, 3], ScalarType.Float64);
        foreach (Tensor rows in new[] { SoftOrder.Rank(values), SoftOrder.Sort(values), IsotonicRegression.Increasing(values), TotalVariation.Denoise(values, tensor(0.1)) })
        {
            CollectionAssert.AreEqual(new[] { true, true, false }, rows.isnan().all(1).data<bool>().ToArray());
            Assert.IsFalse(rows[2].isnan().any().item<bool>());
        }

        CollectionAssert.AreEqual(new[] { true, true, false }, SoftOrder.SpearmanLoss(good, values).isnan().data<bool>().ToArray());
        CollectionAssert.AreEqual(new[] { true, true, false }, SoftOrder.SpearmanLoss(values, good).isnan().data<bool>().ToArray());
    }

    [TestMethod]
    public void Isotonic_regression_keeps_what_rises_and_averages_what_falls()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor values = tensor(new double[,] { { 1, 3, 2, 4, 3.5, 10 } });
        CollectionAssert.AreEqual(new[] { 1, 2.5, 2.5, 3.75, 3.75, 10 }, IsotonicRegression.Increasing(values)[0].data<double>().ToArray());
        CollectionAssert.AreEqual(new[] { 10.0, 7, 7, 7 }, IsotonicRegression.Decreasing(tensor(new double[,] { { 10, 6, 7, 8 } }))[0].data<double>().ToArray());
        RelaxationGradients.AssertMatch(x => IsotonicRegression.Increasing(x[0]), 1e-8, values);
    }
}
