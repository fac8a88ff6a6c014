using Microsoft.ML.Implicit.Differentiation;
using Microsoft.ML.Implicit.Layers.Equilibrium;
using Microsoft.ML.Implicit.LinearAlgebra;
using Microsoft.ML.Implicit.Solvers;
using Microsoft.ML.Implicit.Solvers.FixedPoint;
using Microsoft.ML.Implicit.Solvers.Optimization;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Tests.Differentiation;

[TestClass]
public sealed class HypergradientTests
{
    private const int Rows = 40;
    private const int Features = 6;

    private DisposeScope? _scope;

    public static IEnumerable<object[]> Solvers =>
    [
        [new CholeskySolver(), 1e-10],
        [new LuSolver(), 1e-10],
        [new ConjugateGradientSolver(new KrylovSettings { RelativeTolerance = 1e-13 }), 1e-10],
        [new GmresSolver(new KrylovSettings { RelativeTolerance = 1e-13 }), 1e-10],
        [new NystromSolver(rank: Features, damping: 1e-7), 1e-5],
        [new NeumannSeriesSolver(terms: 600), 1e-9],
    ];

    [TestInitialize]
    public void Enter() => _scope = NewDisposeScope();

    [TestCleanup]
    public void Leave() => _scope?.Dispose();

    [TestMethod]
    [DynamicData(nameof(Solvers))]
    public void Penalties_of_a_ridge_regression_have_the_gradient_of_the_closed_form(ILinearSolver solver, double tolerance)
    {
        (Tensor x, Tensor y) = Data(1);
        (Tensor held, Tensor heldY) = Data(2);
        Tensor logPenalties = linspace(-3, 0, Features, ScalarType.Float64).requires_grad_();

        // w = H⁻¹ Xᵀ y / n with H = Xᵀ X / n + Λ, so that dw/d log λⱼ = −H⁻¹ eⱼ λⱼ wⱼ.
        Tensor penalties = logPenalties.detach().exp();
        Tensor inverse = linalg.inv((x.t().mm(x) / Rows) + diag(penalties));
        Tensor w = inverse.mv(x.t().mv(y) / Rows);
        Tensor slope = held.t().mv(held.mv(w) - heldY) / Rows;
        Tensor expected = -inverse.mv(slope) * penalties * w;

        w.requires_grad_();
        Tensor training = ((x.mv(w) - y).pow(2).mean() / 2) + ((logPenalties.exp() * w.pow(2)).sum() / 2);
        Tensor validation = (held.mv(w) - heldY).pow(2).mean() / 2;
        HypergradientResult result = new Hypergradient(solver, isConvex: true).Compute(training, validation, [w], [logPenalties]);
        Assert.AreEqual(SolveStatus.Converged, result.Status);
        Assert.IsTrue(result.Gradients[0].allclose(expected, tolerance, tolerance * 1e-2), $"{result.Gradients[0].cstr()} is not {expected.cstr()}");
    }

    [TestMethod]
    public void Penalties_and_example_weights_of_a_logistic_regression_have_the_gradient_of_finite_differences()
    {
        (Tensor x, Tensor y) = Data(3);
        (Tensor held, Tensor heldY) = Data(4);
        (y, heldY) = (y.gt(0).to(ScalarType.Float64), heldY.gt(0).to(ScalarType.Float64));
        Tensor logPenalties = linspace(-4, -1, Features, ScalarType.Float64), weights = linspace(0.5, 2, Rows, ScalarType.Float64);
        Tensor w = Minimum(logPenalties, weights).requires_grad_();
        logPenalties.requires_grad_();
        weights.requires_grad_();
        HypergradientResult result = new Hypergradient(new CholeskySolver(), isConvex: true).Compute(Training(w, logPenalties, weights), Validation(w), [w], [logPenalties, weights]);

        AssertSlope(logPenalties, result.Gradients[0], direction => Validation(Minimum(logPenalties.detach() + direction, weights.detach())).item<double>());
        AssertSlope(weights, result.Gradients[1], direction => Validation(Minimum(logPenalties.detach(), weights.detach() + direction)).item<double>());

        Tensor Training(Tensor at, Tensor log, Tensor share) =>
            (share * nn.functional.binary_cross_entropy_with_logits(x.mv(at), y, reduction: nn.Reduction.None)).mean() + ((log.exp() * at.pow(2)).sum() / 2);

        Tensor Validation(Tensor at) => nn.functional.binary_cross_entropy_with_logits(held.mv(at), heldY);

        Tensor Minimum(Tensor log, Tensor share) => new NewtonMinimizer(new MinimizerSettings { Tolerance = 1e-13 })
            .Minimize(new RowObjective((row, _) => Training(row[0], log, share).unsqueeze(0)), [], zeros(1, Features, ScalarType.Float64)).Solution[0];
    }

    [TestMethod]
    public void It_is_the_gradient_that_argmin_has_as_a_layer()
    {
        (Tensor x, Tensor y) = Data(5);
        (Tensor held, Tensor heldY) = Data(6);
        Tensor scale = full([1], 0.3, ScalarType.Float64).requires_grad_();
        var layer = new Implicit.Layers.Optimization.ArgMin((row, inputs) => Training(row[0], inputs[0]).unsqueeze(0), new NewtonMinimizer(new MinimizerSettings { Tolerance = 1e-13 }));
        Tensor solved = layer.Solve(zeros(1, Features, ScalarType.Float64), [scale]).Solution;
        ImplicitBackward.Run(() => Validation(solved[0], scale).backward());
        Tensor expected = scale.grad!.clone();

        Tensor w = solved[0].detach().requires_grad_();
        Tensor found = new Hypergradient(new LuSolver()).Compute(Training(w, scale), Validation(w, scale), [w], [scale]).Gradients[0];
        Assert.IsTrue(found.allclose(expected, 1e-10, 1e-12));
        Assert.IsTrue(scale.grad!.allclose(expected));

        // Robust, so that it is not quadratic; and the validation loss depends on the hyperparameter too.
        Tensor Training(Tensor at, Tensor s) => ((x.mv(at) - y) / s).cosh().log().mean() + (at.pow(2).sum() / 20);

        Tensor Validation(Tensor at, Tensor s) => ((held.mv(at) - heldY).pow(2).mean() / s).sum();
    }

    [TestMethod]
    public void It_reaches_through_a_deep_equilibrium_layer_trained_to_its_minimum()
    {
        using var generator = new Generator(7);
        var cell = new DenseResidualCell(inputWidth: 2, hiddenWidth: 3, generator, dtype: ScalarType.Float64);
        var settings = new AndersonSettings { AbsoluteTolerance = 1e-13, RelativeTolerance = 1e-13, MaximumIterations = 200 };
        var layer = new DeepEquilibrium(cell, new EquilibriumSettings { ForwardSolver = new AndersonSolver(settings), BackwardSolver = new AndersonSolver(settings) });
        Tensor x = randn([12, 2], ScalarType.Float64, generator: generator), held = randn([12, 2], ScalarType.Float64, generator: generator);
        Tensor state = layer.Solve(x).Solution.detach();
        int width = (int)state.shape[1];
        Tensor y = x.sum(1).sin();
        Tensor offset = zeros(1, ScalarType.Float64).requires_grad_();

        // The head alone is trained, on top of the layer, whose inputs the hyperparameter moves.
        Tensor head = Fit(0).requires_grad_();
        Tensor found = new Hypergradient(new CholeskySolver(), isConvex: true).Compute(Training(head, offset), Validation(head), [head], [offset]).Gradients[0];
        const double step = 1e-5;
        double expected = (Validation(Fit(step)).item<double>() - Validation(Fit(-step)).item<double>()) / (2 * step);
        Assert.AreEqual(expected, found.item<double>(), 1e-6 * Math.Abs(expected));

        Tensor Training(Tensor at, Tensor by) => ((layer.forward(x + by).mv(at) - y).pow(2).mean() / 2) + (0.05 * at.pow(2).sum());

        Tensor Validation(Tensor at) => (layer.Solve(held).Solution.detach().mv(at) - held.sum(1).sin()).pow(2).mean();

        Tensor Fit(double by)
        {
            Tensor z = layer.Solve(x + by).Solution.detach();
            return linalg.solve((z.t().mm(z) / 12) + (0.1 * eye(width, dtype: ScalarType.Float64)), z.t().mv(y) / 12);
        }
    }

    [TestMethod]
    public void What_is_no_loss_is_refused_by_name()
    {
        Tensor w = ones(2, ScalarType.Float64).requires_grad_();
        var hypergradient = new Hypergradient();
        Assert.AreEqual("trainingLoss", Assert.ThrowsExactly<ArgumentException>(() => hypergradient.Compute(w * 2, w.sum(), [w], [w])).ParamName);
        Assert.AreEqual("validationLoss", Assert.ThrowsExactly<ArgumentException>(() => hypergradient.Compute(w.sum(), w.sum().detach(), [w], [w])).ParamName);
        Assert.AreEqual("parameters", Assert.ThrowsExactly<ArgumentException>(() => hypergradient.Compute(w.sum(), w.sum(), [], [w])).ParamName);
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => new Hypergradient(damping: -1));
    }

    private static (Tensor X, Tensor Y) Data(ulong seed)
    {
        var generator = new Generator(seed);
        Tensor x = randn([Rows, Features], ScalarType.Float64, generator: generator);
        Tensor w = linspace(1, 0, Features, ScalarType.Float64);
        return (x, x.mv(w) + (0.5 * randn([Rows], ScalarType.Float64, generator: generator)));
    }

    private static void AssertSlope(Tensor at, Tensor gradient, Func<Tensor, double> value)
    {
        const double step = 1e-4;
        Tensor direction = randn(at.shape, ScalarType.Float64, generator: new Generator(9));
        double expected = (value(direction * step) - value(direction * -step)) / (2 * step);
        Assert.AreEqual(expected, (gradient * direction).sum().item<double>(), 1e-6 * Math.Max(Math.Abs(expected), 1e-3));
    }
}
