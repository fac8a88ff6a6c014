using Microsoft.ML.Implicit.Differentiation;
using Microsoft.ML.Implicit.Layers.Equilibrium;
using Microsoft.ML.Implicit.Solvers.FixedPoint;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Tests.Layers.Equilibrium;

[TestClass]
public class CellTests
{
    private DisposeScope? _scope;

    [TestInitialize]
    public void Enter() => _scope = NewDisposeScope();

    [TestCleanup]
    public void Leave() => _scope?.Dispose();

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void Implicit_gradients_match_finite_differences(bool convolutional)
    {
        CellCase test = Case(convolutional);
        AssertFiniteDifferences(test, layer => layer.Backward(test.X, Loss).Loss);
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void Implicit_gradients_match_finite_differences_where_the_layer_is_used_twice(bool convolutional)
    {
        CellCase test = Case(convolutional);
        AssertFiniteDifferences(test, layer =>
        {
            Tensor loss = Loss(layer.call(test.X)) + (2 * Loss(layer.call(test.X * 0.5)));
            if (loss.requires_grad)
            {
                ImplicitBackward.Run(() => loss.backward());
            }

            return loss.item<double>();
        });

        Tensor Loss(Tensor z) => CellTests.Loss(test.Cell.Readout(z));
    }

    [TestMethod]
    public void A_sparse_input_has_the_loss_and_the_gradients_of_the_same_dense_one()
    {
        CellCase test = CellCase.Dense();
        var layer = new DeepEquilibrium(test.Cell);
        Tensor dense = test.X.relu();
        (double loss, Tensor[] gradients) = Evaluate(dense);
        (double sparseLoss, Tensor[] sparseGradients) = Evaluate(dense.to_sparse());
        Assert.AreEqual(loss, sparseLoss, 1e-12);
        Assert.HasCount(1, sparseGradients.Where(gradient => gradient.is_sparse));
        foreach ((Tensor expected, Tensor actual) in gradients.Zip(sparseGradients))
        {
            Assert.IsLessThan(1e-10, (expected - (actual.is_sparse ? actual.to_dense() : actual)).abs().max().item<double>());
        }

        (double Loss, Tensor[] Gradients) Evaluate(Tensor x)
        {
            foreach (Parameter parameter in test.Cell.parameters())
            {
                parameter.grad = null;
            }

            double value = layer.Backward(x, z => Loss(test.Cell.Readout(z))).Loss;
            return (value, [.. test.Cell.parameters().Select(parameter => parameter.grad!.clone())]);
        }
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void The_closed_form_product_equals_that_of_autograd(bool convolutional)
    {
        CellCase test = Case(convolutional);
        Injection injection = test.Cell.Inject(test.X);
        Tensor z = randn_like(test.Cell.InitialState(test.X));
        Tensor vector = randn_like(z);
        Tensor expected = AutogradCellLinearization.Create(test.Cell, z, injection).VectorJacobianProduct(vector);
        CellLinearization closed = test.Cell.Linearize(z, injection.Detach())!;
        Assert.IsTrue(closed.VectorJacobianProduct(vector).allclose(expected, 1e-12, 1e-12));
        Tensor rows = tensor(new long[] { 2, 0 });
        Assert.IsTrue(closed.SelectRows(rows).VectorJacobianProduct(vector.index_select(0, rows)).allclose(expected.index_select(0, rows), 1e-12, 1e-12));
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void The_Jacobian_never_exceeds_the_promised_contraction(bool convolutional)
    {
        foreach (double scale in new[] { 1.0, 3.0, 1000.0 })
        {
            CellCase test = Case(convolutional);
            using (no_grad())
            {
                foreach (Parameter parameter in test.Cell.parameters().Where(p => p.dim() > 1))
                {
                    parameter.mul_(scale);
                }
            }

            Injection injection = test.Cell.Inject(zeros_like(test.X)[TensorIndex.Slice(0, 1)]).Detach();
            long width = test.Cell.InitialState(test.X).shape[1];
            Tensor z = zeros(1, width, ScalarType.Float64);
            CellLinearization operatorAtZero = test.Cell.Linearize(z, injection)!;
            Tensor[] rows = [.. Enumerable.Range(0, (int)width).Select(i => operatorAtZero.VectorJacobianProduct(eye(width, dtype: ScalarType.Float64).narrow(0, i, 1)))];
            Assert.IsLessThanOrEqualTo(0.9 + 1e-9, linalg.norm(cat(rows), 2).item<double>());
        }
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void Rows_do_not_influence_one_another(bool convolutional)
    {
        CellCase test = Case(convolutional);
        Tensor z = randn_like(test.Cell.InitialState(test.X));
        Tensor together = test.Cell.forward(z, test.X);
        Tensor alone = test.Cell.forward(z.narrow(0, 1, 1), test.X.narrow(0, 1, 1));
        Assert.IsTrue(together.narrow(0, 1, 1).allclose(alone, 1e-12, 1e-12));
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void The_same_seed_gives_the_same_cell_and_no_global_seed_is_touched(bool convolutional)
    {
        Tensor state = get_rng_state();
        Assert.IsTrue(Case(convolutional).Cell.state_dict().Zip(Case(convolutional).Cell.state_dict()).All(pair => pair.First.Key == pair.Second.Key && pair.First.Value.equal(pair.Second.Value).all().item<bool>()));
        Assert.IsTrue(state.equal(get_rng_state()).all().item<bool>());
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void A_cell_moved_to_float32_computes_in_float32_with_the_same_names(bool convolutional)
    {
        CellCase test = Case(convolutional);
        string[] names = [.. test.Cell.state_dict().Keys];
        Tensor expected = new DeepEquilibrium(test.Cell).Solve(test.X).Solution;
        test.Cell.to(ScalarType.Float32);
        Tensor actual = new DeepEquilibrium(test.Cell).Solve(test.X.to(ScalarType.Float32)).Solution;
        Assert.AreEqual(ScalarType.Float32, actual.dtype);
        Assert.IsTrue(actual.to(ScalarType.Float64).allclose(expected, 1e-2, 1e-2));
        CollectionAssert.AreEqual(names, test.Cell.state_dict().Keys.ToArray());
        Assert.IsTrue(Array.TrueForAll(names, name => name.Length > 0 && !name.Contains("__", StringComparison.Ordinal)));
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void Dropout_is_fixed_during_a_solve_and_off_in_evaluation(bool convolutional)
    {
        CellCase test = convolutional ? CellCase.Convolutional(dropout: 0.5) : CellCase.Dense(dropout: 0.5);
        using var layer = new DeepEquilibrium(test.Cell);
        Assert.IsTrue(layer.Solve(test.X).AllConverged);
        Tensor z = layer.Solve(test.X).Solution;
        Assert.IsFalse(test.Cell.Readout(z).allclose(test.Cell.Readout(z)));
        layer.eval();
        z = layer.Solve(test.X).Solution;
        Assert.IsTrue(test.Cell.Readout(z).allclose(test.Cell.Readout(z)));
        CollectionAssert.AreEqual(new long[] { test.X.shape[0], test.Cell.FeatureWidth }, test.Cell.Readout(z).shape);
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void A_frozen_cell_scores_the_same_and_still_trains(bool convolutional)
    {
        CellCase test = Case(convolutional);
        using var layer = new DeepEquilibrium(test.Cell);
        layer.eval();
        Tensor expected = layer.Solve(test.X).Solution;
        test.Cell.Freeze();
        Assert.IsTrue(layer.Solve(test.X).Solution.equal(expected).all().item<bool>());
        layer.Backward(test.X, z => z.square().sum());
        Assert.IsTrue(test.Cell.parameters().All(parameter => parameter.grad is not null));
    }

    [TestMethod]
    public void Arguments_out_of_range_are_refused()
    {
        using var generator = new Generator(1);
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => new DenseResidualCell(0, 4, generator));
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => new DenseResidualCell(3, 4, generator, dropout: 1));
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => new DenseResidualCell(3, 4, generator, contraction: 1));
        Assert.ThrowsExactly<ArgumentException>(() => new MultiscaleConvolutionalCell(1, 8, 8, [], generator));
        Assert.ThrowsExactly<ArgumentException>(() => new MultiscaleConvolutionalCell(1, 4, 4, [2, 2, 2, 2], generator));
    }

    private static CellCase Case(bool convolutional) => convolutional ? CellCase.Convolutional() : CellCase.Dense();

    private static Tensor Loss(Tensor z) => (z * linspace(-1, 1, z.shape[1], ScalarType.Float64)).sum(1).square().sum();

    private static void AssertFiniteDifferences(CellCase test, Func<DeepEquilibrium, double> pass)
    {
        const double Step = 1e-5;
        var solver = new AndersonSolver(new AndersonSettings { RelativeTolerance = 1e-13, AbsoluteTolerance = 1e-13, MaximumIterations = 200 });
        using var layer = new DeepEquilibrium(test.Cell, new EquilibriumSettings { ForwardSolver = solver, BackwardSolver = solver });
        test.X.requires_grad_();
        pass(layer);
        (string Name, Tensor Value)[] tensors = [("x", test.X), .. test.Cell.named_parameters().Select(p => (p.name, (Tensor)p.parameter))];
        Tensor[] gradients = [.. tensors.Select(t => t.Value.grad!.clone())];
        for (int i = 0; i < tensors.Length; i++)
        {
            Tensor value = tensors[i].Value.detach().view(-1);
            Tensor gradient = gradients[i].reshape(-1);
            double scale = Math.Max(gradient.abs().max().item<double>(), 1e-3);
            for (long entry = 0; entry < value.numel(); entry += Math.Max(1, value.numel() / 2))
            {
                double expected = (Shifted(entry, Step) - Shifted(entry, -Step)) / (2 * Step);
                Assert.AreEqual(expected, gradient[entry].item<double>(), 1e-6 * scale, $"{tensors[i].Name}[{entry}]");
            }

            double Shifted(long entry, double by)
            {
                value[entry] += by;
                double loss = pass(layer);
                value[entry] -= by;
                return loss;
            }
        }
    }
}
