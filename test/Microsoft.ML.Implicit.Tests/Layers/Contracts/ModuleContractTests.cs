using Microsoft.ML.Implicit.Differentiation;
using Microsoft.ML.Implicit.Layers.Equilibrium;
using Microsoft.ML.Implicit.Layers.Flow;
using Microsoft.ML.Implicit.Layers.Ode;
using Microsoft.ML.Implicit.Solvers;
using Microsoft.ML.Implicit.Solvers.FixedPoint;
using Microsoft.ML.Implicit.Solvers.Ode;
using Microsoft.ML.Implicit.Solvers.Ode.Rowwise;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Tests.Layers.Contracts;

/// <summary>A module of one's own that is wrong gives an exception that names it, whatever layer it is in, and never ends the process.</summary>
[TestClass]
public sealed class ModuleContractTests
{
    private DisposeScope? _scope;

    public static IEnumerable<object[]> OdeSettings =>
    [
        [new OdeOptions()], [new OdeOptions { GradientMethod = OdeGradientMethod.BacksolveAdjoint }], [new OdeOptions { GradientMethod = OdeGradientMethod.Backpropagation }],
        [new OdeOptions { Method = OdeMethods.Kvaerno3, StepControl = new FixedStepControl(0.5) }], [new OdeOptions { Method = OdeMethods.AdamsBashforthMoulton, StepControl = new FixedStepControl(0.1) }],
    ];

    [TestInitialize]
    public void Enter() => _scope = NewDisposeScope();

    [TestCleanup]
    public void Leave() => _scope?.Dispose();

    [TestMethod]
    [DataRow(Fault.Shape)]
    [DataRow(Fault.Type)]
    [DataRow(Fault.Null)]
    [DataRow(Fault.Disposed)]
    public void A_wrong_result_is_named(Fault fault)
    {
        var map = new FaultyMap { Fault = fault };
        foreach (Func<Tensor> forward in Forwards(map))
        {
            ArgumentException exception = Assert.ThrowsExactly<ArgumentException>(() => forward());
            StringAssert.Contains(exception.Message, "Faulty");
        }
    }

    [TestMethod]
    [DataRow(Fault.Shape)]
    [DataRow(Fault.Type)]
    [DataRow(Fault.Null)]
    [DataRow(Fault.Disposed)]
    public void A_result_that_is_wrong_only_in_the_backward_pass_is_named(Fault fault)
    {
        foreach (Exception exception in BackwardFailures(fault))
        {
            Assert.IsInstanceOfType<ArgumentException>(exception);
            StringAssert.Contains(exception.Message, "Faulty");
        }
    }

    [TestMethod]
    public void A_module_that_throws_in_the_backward_pass_reaches_the_caller_with_its_own_exception()
    {
        foreach (Exception exception in BackwardFailures(Fault.Throws))
        {
            Assert.IsInstanceOfType<TimeoutException>(exception);
            Assert.AreEqual("the module failed", exception.Message);
        }
    }

    [TestMethod]
    public void A_module_that_throws_in_the_forward_pass_reaches_the_caller_with_its_own_exception()
    {
        foreach (Func<Tensor> forward in Forwards(new FaultyMap { Fault = Fault.Throws }))
        {
            Assert.ThrowsExactly<TimeoutException>(() => forward());
        }
    }

    [TestMethod]
    [DynamicData(nameof(OdeSettings))]
    public void Gradients_of_a_wrong_shape_or_of_a_freed_graph_are_exceptions_that_name_the_dynamics(OdeOptions options)
    {
        foreach (Fault fault in (Fault[])[Fault.GradientShape, Fault.FreedGraph])
        {
            if (fault == Fault.FreedGraph && options.GradientMethod == OdeGradientMethod.Backpropagation)
            {
                continue;
            }

            InvalidOperationException exception = Assert.ThrowsExactly<InvalidOperationException>(() => DifferentiateOde(fault, options));
            StringAssert.Contains(exception.Message, nameof(FaultyDynamics));
        }
    }

    [TestMethod]
    [DynamicData(nameof(OdeSettings))]
    public void Gradients_that_are_nan_are_found_and_name_the_dynamics(OdeOptions options)
    {
        SolveFailedException exception = Assert.ThrowsExactly<SolveFailedException>(() => DifferentiateOde(Fault.GradientIsNan, options));
        if (options.GradientMethod != OdeGradientMethod.BacksolveAdjoint && options.Method is not DiagonallyImplicitRungeKutta)
        {
            StringAssert.Contains(exception.Message, nameof(FaultyDynamics));
        }
    }

    [TestMethod]
    public void Rows_that_step_independently_find_wrong_gradients_too()
    {
        Tensor times = tensor(new[,] { { 0f, 1 }, { 0, 2 } });
        StringAssert.Contains(Assert.ThrowsExactly<SolveFailedException>(() => Differentiate(Fault.GradientIsNan)).Message, nameof(FaultyDynamics));
        StringAssert.Contains(Assert.ThrowsExactly<InvalidOperationException>(() => Differentiate(Fault.GradientShape)).Message, nameof(FaultyDynamics));

        void Differentiate(Fault fault)
        {
            Tensor loss = new NeuralOde(new FaultyDynamics(new FaultyMap { Fault = fault })).forward(X(), times).sum();
            ImplicitBackward.Run(() => loss.backward());
        }
    }

    [TestMethod]
    public void Dynamics_outside_autograd_are_constant_to_it()
    {
        Tensor x = X();
        Tensor loss = new NeuralOde(new FaultyDynamics(new FaultyMap { Fault = Fault.Detached })).forward(x, tensor(new[] { 0f, 1 }))[1].sum();
        ImplicitBackward.Run(() => loss.backward());
        Assert.AreEqual(0, (x.grad! - 1).abs().max().item<float>());
        Tensor density = new NormalizingFlow([new FaultyDynamics(new FaultyMap { Fault = Fault.Detached })], 2).forward(X());
        ImplicitBackward.Run(() => density.sum().backward());
        var layer = new DeepEquilibrium(new FaultyCell(new FaultyMap { Fault = Fault.Detached }));
        Tensor injected = X();
        Tensor state = layer.forward(injected).sum();
        ImplicitBackward.Run(() => state.backward());
        Assert.AreEqual(0, (injected.grad! - 1).abs().max().item<float>());
    }

    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public void Gradients_of_a_cell_that_are_wrong_are_found_and_name_it(bool ownedLoop)
    {
        StringAssert.Contains(Assert.ThrowsExactly<SolveFailedException>(() => Differentiate(Fault.GradientIsNan)).Message, nameof(FaultyCell));
        StringAssert.Contains(Assert.ThrowsExactly<InvalidOperationException>(() => Differentiate(Fault.GradientShape)).Message, nameof(FaultyCell));

        void Differentiate(Fault fault)
        {
            using var layer = new DeepEquilibrium(new FaultyCell(new FaultyMap { Fault = fault }));
            if (ownedLoop)
            {
                layer.Backward(X(), z => z.square().sum());
                return;
            }

            Tensor loss = layer.forward(X()).square().sum();
            ImplicitBackward.Run(() => loss.backward());
        }
    }

    [TestMethod]
    public void Products_of_a_cell_that_have_a_wrong_shape_are_refused_by_its_name()
    {
        using var layer = new DeepEquilibrium(new CellWithWrongProducts());
        Tensor loss = layer.forward(X()).sum();
        StringAssert.Contains(Assert.ThrowsExactly<ArgumentException>(() => ImplicitBackward.Run(() => loss.backward())).Message, nameof(CellWithWrongProducts));
    }

    [TestMethod]
    public void A_flow_whose_gradients_are_wrong_is_an_exception()
    {
        Assert.ThrowsExactly<SolveFailedException>(() => new NormalizingFlow([new FaultyDynamics(new FaultyMap { Fault = Fault.GradientIsNan })], 2).forward(X()));
    }

    [TestMethod]
    public void What_the_caller_throws_after_a_failure_does_not_hide_it()
    {
        var map = new FaultyMap();
        Tensor loss = new NeuralOde(new FaultyDynamics(map)).forward(X(), tensor(new[] { 0f, 1 })).sum();
        map.Fault = Fault.Throws;
        TimeoutException exception = Assert.ThrowsExactly<TimeoutException>(() => ImplicitBackward.Run(() =>
        {
            loss.backward();
            throw new FormatException("the loss is NaN");
        }));
        Assert.IsInstanceOfType<FormatException>(exception.Data[ImplicitBackward.LaterExceptionKey]);
        Assert.ThrowsExactly<FormatException>(() => ImplicitBackward.Run(() => throw new FormatException("without a failure")));
        ImplicitBackward.Run(() => { });
    }

    [TestMethod]
    public void Shapes_and_types_that_do_not_fit_a_perceptron_never_end_the_process()
    {
        using var generator = new Generator(1);
        using var dynamics = new MlpDynamics(2, [4], generator);
        Assert.ThrowsExactly<ArgumentException>(() => dynamics.LinearizeWithDivergence(0, ones(3, 2), ones(1, 3, 4)));
        Assert.ThrowsExactly<ArgumentException>(() => new PenalizedDynamics(dynamics, DynamicsPenalties.JacobianNorm, ones(3, 5)).Evaluate(0, ones(3, 3)));
        Assert.Throws<Exception>(() => OdeSolver.Solve(dynamics, ones(2, 2, ScalarType.Float64), [[0.0, 1], [0, 1]]));
        Assert.Throws<Exception>(() => OdeSolver.Solve(dynamics, ones(2, 2, ScalarType.Float64), [0, 1]));
        using DivergenceLinearization linearization = dynamics.LinearizeWithDivergence(0, ones(3, 2), ones(1, 3, 2));
        Assert.Throws<Exception>(() => linearization.PullbackTangents(ones(3, 2), ones(1, 3, 5), null));
    }

    [TestMethod]
    public void Null_arguments_are_refused()
    {
        var dynamics = new FaultyDynamics(new FaultyMap());
        Assert.ThrowsExactly<ArgumentNullException>(() => new NeuralOde(null!));
        Assert.ThrowsExactly<ArgumentNullException>(() => new NeuralOde(dynamics, new OdeOptions { Method = null! }));
        Assert.ThrowsExactly<ArgumentNullException>(() => new NeuralOde(dynamics, new OdeOptions { StepControl = null! }));
        Assert.ThrowsExactly<ArgumentNullException>(() => new NeuralOde(dynamics).forward(null!, ones(2)));
        Assert.ThrowsExactly<ArgumentNullException>(() => new NeuralOde(dynamics).forward(ones(2, 2), null!));
        Assert.ThrowsExactly<ArgumentNullException>(() => new AutogradOdeTerm(null!));
        Assert.ThrowsExactly<ArgumentNullException>(() => new OdeEvent(null!));
        Assert.ThrowsExactly<ArgumentNullException>(() => new Injection((Tensor)null!));
        Assert.ThrowsExactly<ArgumentNullException>(() => new TanhCell(null!, ones(2, 2), ones(2)));
        Assert.ThrowsExactly<ArgumentNullException>(() => new DeepEquilibrium(null!));
        Assert.ThrowsExactly<ArgumentNullException>(() => new DeepEquilibrium(new FaultyCell(new FaultyMap()), new EquilibriumSettings { ForwardSolver = null! }));
        Assert.ThrowsExactly<ArgumentException>(() => new AndersonSolver().Solve(new FixedPointMap(_ => null!), ones(2, 2)));
        Assert.ThrowsExactly<ArgumentNullException>(() => ImplicitBackward.Run(null!));
    }

    private static Tensor X() => tensor(new[,] { { 0.5f, -1 }, { 0.2f, 0.3f } }).requires_grad_();

    private static IEnumerable<Func<Tensor>> Forwards(FaultyMap map) =>
    [
        () => new NeuralOde(new FaultyDynamics(map)).forward(X(), tensor(new[] { 0f, 1 })),
        () => new NeuralOde(new FaultyDynamics(map), new OdeOptions { Method = OdeMethods.Kvaerno5 }).forward(X(), tensor(new[] { 0f, 1 })),
        () => new NeuralOde(new FaultyDynamics(map)).forward(X(), tensor(new[,] { { 0f, 1 }, { 0, 1 } })),
        () => new DeepEquilibrium(new FaultyCell(map)).forward(X()),
        () => new NormalizingFlow([new FaultyDynamics(map)], 2).forward(X()),
    ];

    // Each layer with a module that becomes wrong after the forward pass.
    private static IEnumerable<Exception> BackwardFailures(Fault fault)
    {
        var map = new FaultyMap();
        foreach (Func<Tensor> forward in Forwards(map))
        {
            map.Fault = Fault.None;
            Tensor loss = forward().square().sum();
            map.Fault = fault;
            yield return Assert.Throws<Exception>(() => ImplicitBackward.Run(() => loss.backward()));
        }
    }

    private static void DifferentiateOde(Fault fault, OdeOptions options)
    {
        Tensor loss = new NeuralOde(new FaultyDynamics(new FaultyMap { Fault = fault }), options).forward(X(), tensor(new[] { 0f, 1 })).square().sum();
        ImplicitBackward.Run(() => loss.backward());
    }

    private sealed class CellWithWrongProducts() : EquilibriumCell(nameof(CellWithWrongProducts))
    {
        public override Tensor InitialState(Tensor x) => zeros_like(x);

        public override Tensor Iterate(Tensor z, Injection injection) => (z * 0.3) + injection.Rows[0];

        public override CellLinearization? Linearize(Tensor z, Injection injection) => new Products();

        private sealed class Products : CellLinearization
        {
            public override Tensor VectorJacobianProduct(Tensor vector) => vector.sum(dim: 1);

            public override CellLinearization SelectRows(Tensor rows) => this;
        }
    }
}
