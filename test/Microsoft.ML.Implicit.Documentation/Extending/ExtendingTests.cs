using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Implicit.Differentiation;
using Microsoft.ML.Implicit.Layers.Equilibrium;
using Microsoft.ML.Implicit.Layers.Ode;
using Microsoft.ML.Implicit.Roots;
using Microsoft.ML.Implicit.Solvers.FixedPoint;
using Microsoft.ML.Implicit.Solvers.Ode;
using TorchSharp;
using static TorchSharp.torch;

namespace Documentation.Extending;

/// <summary>What docs/extending.md adds to the library from outside keeps what it says.</summary>
[TestClass]
public sealed class ExtendingTests
{
    private static readonly double[] Oscillation = [0, 1, -1, 0];

    private DisposeScope _scope = null!;

    [TestInitialize]
    public void OpenScope() => _scope = NewDisposeScope();

    [TestCleanup]
    public void CloseScope() => _scope.Dispose();

    [TestMethod]
    public void A_stepping_method_has_its_order_and_its_gradients()
    {
        double[] errors = [.. new[] { 0.1, 0.05 }.Select(size => Math.Abs(SolveOscillation(new HeunThirdOrder(), new FixedStepControl(size)).Position - Math.Cos(2)))];
        Assert.AreEqual(3, Math.Log2(errors[0] / errors[1]), 0.2);

        var options = new OdeOptions { Method = new HeunThirdOrder() };
        var layer = new NeuralOde(new LinearDynamics(tensor(Oscillation, [2, 2])), options);
        Tensor start = tensor(new[] { 1.0, 0.0 }, [1, 2], requires_grad: true);
        Tensor end = layer.forward(start, tensor(new[] { 0.0, 2.0 }))[1];
        ImplicitBackward.Run(() => end[0, 0].backward());
        Assert.AreEqual(Math.Cos(2), end[0, 0].item<double>(), 1e-5);
        Assert.AreEqual(Math.Cos(2), start.grad![0, 0].item<double>(), 1e-5);
    }

    [TestMethod]
    public void A_step_control_keeps_the_tolerance()
    {
        var control = new DigitalFilterControl { RelativeTolerance = 1e-8, AbsoluteTolerance = 1e-8 };
        (double position, OdeStatistics statistics) = SolveOscillation(OdeMethods.Dopri5, control);
        Assert.AreEqual(Math.Cos(2), position, 1e-6);
        Assert.IsLessThan(100, statistics.AcceptedSteps);
    }

    [TestMethod]
    public void A_root_method_finds_roots_that_are_differentiated()
    {
        Tensor x = tensor(new[] { 0.5, -1.2 }).unsqueeze(1).requires_grad_();
        var finder = new RootFinder(new PseudoTransientMethod());
        RootResult root = finder.Solve(new RootEquation((z, inputs) => z.atan() - inputs[0]), zeros_like(x), [x]);
        ImplicitBackward.Run(() => root.Solution.sum().backward());
        Assert.AreEqual(Math.Tan(0.5), root.Solution[0, 0].item<double>(), 1e-9);
        Assert.AreEqual(1 / Math.Pow(Math.Cos(1.2), 2), x.grad![1, 0].item<double>(), 1e-8);
    }

    [TestMethod]
    public void A_linear_solver_serves_steps_and_backward_passes()
    {
        Tensor x = tensor(new[] { 1.0, 2.0 }, [1, 2], requires_grad: true);
        var solver = new JacobiSolver();
        var finder = new RootFinder(new NewtonMethod(new NewtonSettings { LinearSolver = solver }), solver);
        Tensor coupling = tensor(new[] { 4.0, 1.0, 0.5, 3.0 }, [2, 2]);
        RootResult root = finder.Solve(new RootEquation((z, inputs) => z.mm(coupling) - inputs[0]), zeros_like(x), [x]);
        ImplicitBackward.Run(() => root.Solution.sum().backward());
        Assert.AreEqual(0, (root.Solution.mm(coupling) - x).norm().item<double>(), 1e-10);
        Assert.AreEqual(0, (x.grad!.mm(coupling.t()) - 1).norm().item<double>(), 1e-10);
    }

    [TestMethod]
    public void The_products_of_a_term_are_those_of_its_values()
    {
        var dynamics = new LinearDynamics(tensor(Oscillation, [2, 2]));
        var byAutograd = new NeuralOde(new Undisclosed(dynamics));
        var inClosedForm = new NeuralOde(dynamics);
        Tensor[] gradients = [.. new[] { byAutograd, inClosedForm }.Select(layer =>
        {
            dynamics.zero_grad();
            Tensor states = layer.forward(ones(3, 2, dtype: ScalarType.Float64), tensor(new[] { 0.0, 1.0 }));
            ImplicitBackward.Run(() => states.pow(2).sum().backward());
            return dynamics.Parameters[0].grad!.clone();
        })];
        Assert.IsTrue(gradients[0].allclose(gradients[1], 1e-6, 1e-9));
        Assert.IsGreaterThan(0, gradients[0].norm().item<double>());
    }

    [TestMethod]
    public void The_gradients_of_a_cell_are_finite_differences()
    {
        using var generator = new Generator(1);
        var settings = new EquilibriumSettings
        {
            ForwardSolver = new AndersonSolver(new() { RelativeTolerance = 0, AbsoluteTolerance = 1e-12, MaximumIterations = 200 }),
            BackwardSolver = new AndersonSolver(new() { RelativeTolerance = 0, AbsoluteTolerance = 1e-12, MaximumIterations = 200 }),
        };
        var layer = new DeepEquilibrium(new ContractionCell(3, 5, generator, ScalarType.Float64), settings);
        Tensor x = randn(4, 3, ScalarType.Float64, generator: generator).requires_grad_();
        ImplicitBackward.Run(() => layer.forward(x).pow(2).sum().backward());

        using IDisposable noGraph = no_grad();
        Tensor shift = zeros_like(x);
        shift[2, 1] = 1e-5;
        Tensor difference = (layer.forward(x + shift).pow(2).sum() - layer.forward(x - shift).pow(2).sum()) / 2e-5;
        Assert.AreEqual(difference.item<double>(), x.grad![2, 1].item<double>(), 1e-7);
    }

    [TestMethod]
    public void A_fixed_point_solver_serves_a_layer()
    {
        using var generator = new Generator(1);
        var cell = new ContractionCell(3, 5, generator, ScalarType.Float64);
        var layer = new DeepEquilibrium(cell, new EquilibriumSettings { ForwardSolver = new AitkenSolver(), BackwardSolver = new AitkenSolver() });
        Tensor x = randn(4, 3, ScalarType.Float64, generator: generator).requires_grad_();
        Tensor z = layer.forward(x);
        ImplicitBackward.Run(() => z.sum().backward());
        Assert.AreEqual(0, (cell.forward(z, x) - z).norm().item<double>(), 1e-5);
        Assert.IsTrue(x.grad!.isfinite().all().item<bool>());
    }

    [TestMethod]
    public void An_estimator_on_a_layer_works_in_a_pipeline()
    {
        manual_seed(1);
        var ml = new MLContext(seed: 1);
        var random = new Random(1);
        IDataView data = ml.Data.LoadFromEnumerable(Enumerable.Range(0, 60).Select(_ =>
        {
            float a = random.NextSingle(), b = random.NextSingle();
            return new Example { Features = [a, b], Label = a * b };
        }).ToArray());

        ITransformer model = ml.Transforms.NormalizeMeanVariance("Features").Append(new EquilibriumRegression(ml)).Fit(data);
        RegressionMetrics metrics = ml.Regression.Evaluate(model.Transform(data));
        Assert.IsGreaterThan(0.9, metrics.RSquared);
    }

    private static (double Position, OdeStatistics Statistics) SolveOscillation(OdeMethod method, OdeStepControl control)
    {
        var options = new OdeOptions { Method = method, StepControl = control };
        Tensor start = tensor(new[] { 1.0, 0.0 }, [1, 2]);
        using OdeSolution solution = OdeSolver.Solve(new LinearDynamics(tensor(Oscillation, [2, 2])), start, [0, 2], options);
        return (solution.States[1, 0, 0].item<double>(), solution.Statistics);
    }

    /// <summary>The same module, without its closed form.</summary>
    private sealed class Undisclosed : nn.Module<Tensor, Tensor, Tensor>
    {
        private readonly LinearDynamics _inner;

        public Undisclosed(LinearDynamics inner)
            : base(nameof(Undisclosed))
        {
            _inner = inner;
            register_module("inner", inner);
        }

        public override Tensor forward(Tensor time, Tensor state) => _inner.forward(time, state);
    }

    private sealed class Example
    {
        [VectorType(2)]
        public float[] Features { get; set; } = [];

        public float Label { get; set; }
    }
}
