using Microsoft.ML.Implicit.Layers.Flow;
using Microsoft.ML.Implicit.Layers.Flow.Manifolds;
using Microsoft.ML.Implicit.Layers.Ode;
using Microsoft.ML.Implicit.Layers.Ode.Perceptrons;
using Microsoft.ML.Implicit.Solvers.Ode;
using Microsoft.ML.Implicit.Solvers.Ode.Managed;
using Microsoft.ML.Implicit.Tests.Layers.Ode;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Tests.Layers.Flow;

/// <summary>The evaluation of flows on manifolds in managed memory against that by tensor operations and autograd.</summary>
[TestClass]
public sealed class ManagedManifoldFlowTests
{
    private static readonly Integrands Divergence = Integrands.Divergence;
    private static readonly Integrands Penalized = new(new Integrand(Divergence: true), new Integrand(KineticEnergy: 0.3, JacobianNorm: 0.2));

    private static readonly OdeOptions Loose = new()
    {
        StepControl = new PiStepControl { RelativeTolerance = 1e-4, AbsoluteTolerance = 1e-4 },
        MaximumCheckpoints = 3,
    };

    public static IEnumerable<object[]> Cases =>
    [
        [new ProductManifold(0, 2), 19, new long[] { 16, 16 }, DynamicsActivation.Tanh, 0L, Divergence, TraceEstimator.Exact, false],
        [new ProductManifold(0, 3), 40, new long[] { 9 }, DynamicsActivation.Softplus, 0L, Penalized, TraceEstimator.Exact, true],
        [new ProductManifold(2, 3, 2), 33, new long[] { 12, 7 }, DynamicsActivation.Tanh, 2L, Penalized, TraceEstimator.Exact, true],
        [new ProductManifold(1, 2, 2), 17, new long[] { 8, 8 }, DynamicsActivation.Softplus, 0L, Penalized, TraceEstimator.Gaussian, true],
        [new ProductManifold(0, 4), 5, new long[] { 6, 5, 7 }, DynamicsActivation.Tanh, 0L, Divergence, TraceEstimator.Rademacher, true],
        [new ProductManifold(3, 5), 16, new long[] { 8 }, DynamicsActivation.Tanh, 0L, new Integrands(new Integrand(KineticEnergy: 0.5)), TraceEstimator.Exact, false],
    ];

    [TestMethod]
    [DynamicData(nameof(Cases))]
    public void Managed_and_tensor_evaluation_give_the_same_solution_and_gradients(
        ProductManifold manifold, int batch, long[] hidden, DynamicsActivation activation, long contextWidth, object integrands, TraceEstimator trace, bool hasDirections)
    {
        using DisposeScope scope = NewDisposeScope();
        using var generator = new Generator(3);
        var dynamics = new FlowDynamics(manifold.Width, hidden, generator, activation, contextWidth: contextWidth);
        var columns = (Integrands)integrands;
        Tensor? context = contextWidth > 0 ? randn([batch, contextWidth], generator: generator) : null;
        Tensor? noise = hasDirections ? randn([batch, manifold.Width], generator: generator) : null;
        using ManifoldFlowTerm managed = Create();
        using ManifoldFlowTerm tensors = Create();
        Tensor start = cat([manifold.Project(randn([batch, manifold.Width], generator: generator)), zeros(batch, columns.Count)], 1);
        Tensor weights = randn([3, batch, manifold.Width + columns.Count], generator: generator);
        using (ManagedDynamics? evaluation = ((IManagedOdeTerm)managed).CreateManagedDynamics(start))
        {
            Assert.IsNotNull(evaluation);
        }

        using OdeSolution a = OdeSolver.Solve(managed, start, [1, 0.4, 0], Loose, differentiable: true);
        using OdeSolution b = OdeSolver.Solve(new TensorsOnly(tensors), start, [1, 0.4, 0], Loose, differentiable: true);
        Assert.AreEqual(b.Statistics, a.Statistics);
        AssertClose(b.States, a.States, "states");

        using OdeGradients managedGradients = a.Backward(weights);
        using OdeGradients tensorGradients = b.Backward(weights);
        managed.FinishGradient(managedGradients.Parameters);
        tensors.FinishGradient(tensorGradients.Parameters);
        AssertClose(tensorGradients.InitialState, managedGradients.InitialState, "initial state");
        AssertClose(tensorGradients.Parameters, managedGradients.Parameters, "parameters");

        ManifoldFlowTerm Create() => new(new PerceptronTerm(dynamics, columns, noise, trace != TraceEstimator.Exact, context), manifold);
    }

    private static void AssertClose(Tensor expected, Tensor actual, string name) =>
        Assert.IsLessThan(2e-5, ((expected - actual).abs().max() / expected.abs().max()).item<float>(), name);
}
