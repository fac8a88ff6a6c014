using Microsoft.ML.Implicit.Differentiation;
using Microsoft.ML.Implicit.Layers.Equilibrium;
using Microsoft.ML.Implicit.Solvers.FixedPoint;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Tests.Layers.Equilibrium;

[TestClass]
public class DeepEquilibriumGoldenTests
{
    private const double Tolerance = 1e-8;

    private DisposeScope? _scope;

    public static IEnumerable<object[]> Solvers =>
    [
        [new AndersonSolver(new AndersonSettings { RelativeTolerance = 1e-12, AbsoluteTolerance = 0, MaximumIterations = 500 })],
        [new BroydenSolver(new BroydenSettings { RelativeTolerance = 1e-12, AbsoluteTolerance = 0, MaximumIterations = 500 })],
        [new PicardSolver(new PicardSettings { RelativeTolerance = 1e-12, AbsoluteTolerance = 0, MaximumIterations = 500 })],
    ];

    [TestInitialize]
    public void Enter() => _scope = NewDisposeScope();

    [TestCleanup]
    public void Leave() => _scope?.Dispose();

    [TestMethod]
    [DynamicData(nameof(Solvers))]
    public void Solution_and_gradients_match_in_a_graph_of_ones_own(IFixedPointSolver solver) => AssertMatches(solver, closedForm: true, ownedLoop: false);

    [TestMethod]
    [DynamicData(nameof(Solvers))]
    public void Solution_and_gradients_match_in_an_owned_loop(IFixedPointSolver solver) => AssertMatches(solver, closedForm: true, ownedLoop: true);

    [TestMethod]
    [DynamicData(nameof(Solvers))]
    public void Solution_and_gradients_match_with_products_by_autograd(IFixedPointSolver solver)
    {
        AssertMatches(solver, closedForm: false, ownedLoop: false);
        AssertMatches(solver, closedForm: false, ownedLoop: true);
    }

    private static void AssertMatches(IFixedPointSolver solver, bool closedForm, bool ownedLoop)
    {
        Golden golden = Golden.Load("deq_tanh");
        var tanh = new TanhCell(golden["W"], golden["U"], golden["b"]);
        EquilibriumCell cell = closedForm ? tanh : new WithoutClosedForm(tanh);
        using var layer = new DeepEquilibrium(cell, new EquilibriumSettings { ForwardSolver = solver, BackwardSolver = solver });
        Tensor x = golden["x"].requires_grad_();
        Tensor c = golden["c"];
        Tensor? z = null;
        Tensor Loss(Tensor state)
        {
            z = state.detach().clone().DetachFromDisposeScope();
            return state.square().mv(c).sum();
        }

        if (ownedLoop)
        {
            EquilibriumBackward step = layer.Backward(x, Loss);
            Assert.IsTrue(step.Equilibrium.AllConverged && step.Adjoint!.AllConverged);
        }
        else
        {
            Tensor loss = Loss(layer.call(x));
            ImplicitBackward.Run(() => loss.backward());
            golden.AssertMatches("loss", loss, Tolerance);
        }

        using (z)
        {
            golden.AssertMatches("z", z!, Tolerance);
        }

        golden.AssertMatches("grad_x", x.grad!, Tolerance);
        foreach ((string name, TorchSharp.Modules.Parameter parameter) in tanh.named_parameters())
        {
            golden.AssertMatches("grad_" + name, parameter.grad!, Tolerance);
        }
    }
}
