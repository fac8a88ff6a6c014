using Microsoft.ML.Implicit.Differentiation;
using Microsoft.ML.Implicit.Layers.Flow;
using Microsoft.ML.Implicit.Layers.Ode;
using Microsoft.ML.Implicit.Solvers.Ode;
using Microsoft.ML.Implicit.Tests.Layers.Ode;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Tests.Layers.Flow;

/// <summary>Flows on circles, spheres and their products with lines.</summary>
[TestClass]
public sealed class ManifoldFlowTests
{
    private static readonly OdeOptions Tight = new() { StepControl = new PiStepControl { RelativeTolerance = 1e-9, AbsoluteTolerance = 1e-9 } };

    // With fixed steps the loss is a smooth function of the parameters, of which the adjoint gives the exact gradient.
    private static readonly OdeOptions Steps = new() { Method = OdeMethods.RungeKutta4, StepControl = new FixedStepControl(0.5) };

    [TestMethod]
    public void A_density_on_a_circle_integrates_to_one() => AssertIntegratesToOne(ManifoldGrid.Circle(), 1e-5);

    [TestMethod]
    public void A_density_on_a_sphere_integrates_to_one() => AssertIntegratesToOne(ManifoldGrid.Sphere(), 1e-4);

    [TestMethod]
    public void A_density_on_a_torus_integrates_to_one() => AssertIntegratesToOne(ManifoldGrid.Torus(), 1e-4);

    [TestMethod]
    public void A_density_on_a_circle_and_a_line_integrates_to_one() => AssertIntegratesToOne(ManifoldGrid.CircleAndLine(), 1e-4);

    [TestMethod]
    public void Without_flow_the_density_is_uniform_on_each_sphere()
    {
        using DisposeScope scope = NewDisposeScope();
        using var seed = new Generator(1);
        foreach ((int width, double area) in ((int, double)[])[(2, 2 * Math.PI), (3, 4 * Math.PI), (4, 2 * Math.PI * Math.PI), (5, 8 * Math.PI * Math.PI / 3)])
        {
            var dynamics = new FlowDynamics(width, [4], seed);
            dynamics.ClearOutput();
            Tensor logDensity = new NormalizingFlow(dynamics, new ProductManifold(0, width)).LogDensity(randn(3, width, generator: seed));
            Assert.AreEqual(-Math.Log(area), logDensity[1].ToDouble(), 1e-6);
        }
    }

    [TestMethod]
    [DataRow(1, FlowTimeConditioning.Concatenate, DynamicsActivation.Tanh)]
    [DataRow(2, FlowTimeConditioning.ConcatSquash, DynamicsActivation.Softplus)]
    [DataRow(3, FlowTimeConditioning.Concatenate, DynamicsActivation.Softplus)]
    public void The_closed_form_of_the_divergence_is_that_of_autograd(int hiddenLayers, FlowTimeConditioning time, DynamicsActivation activation)
    {
        using DisposeScope scope = NewDisposeScope();
        using var seed = new Generator(2);
        var manifold = new ProductManifold(2, 3, 2);
        var dynamics = new FlowDynamics(manifold.Width, [.. Enumerable.Repeat(6L, hiddenLayers)], seed, activation, time);
        dynamics.to(ScalarType.Float64);
        Tensor x = manifold.Project(randn([5, manifold.Width], ScalarType.Float64, generator: seed));
        var options = new FlowOptions { Solver = Tight };
        FlowEncoding closed = new NormalizingFlow(dynamics, manifold, options).Encode(x);
        FlowEncoding byAutograd = new NormalizingFlow([new Opaque(dynamics)], manifold.Width, options, manifold: manifold).Encode(x);
        Assert.IsLessThan(1e-7, (closed.LogDensity - byAutograd.LogDensity).abs().max().item<double>());
        Assert.IsLessThan(1e-7, (closed.Latent - byAutograd.Latent).abs().max().item<double>());
    }

    [TestMethod]
    [DataRow(2, DynamicsActivation.Tanh, FlowTimeConditioning.Concatenate, TraceEstimator.Exact, 0L)]
    [DataRow(1, DynamicsActivation.Softplus, FlowTimeConditioning.ConcatSquash, TraceEstimator.Exact, 2L)]
    [DataRow(3, DynamicsActivation.Tanh, FlowTimeConditioning.Concatenate, TraceEstimator.Exact, 0L)]
    [DataRow(2, DynamicsActivation.Softplus, FlowTimeConditioning.Concatenate, TraceEstimator.Rademacher, 0L)]
    public void Gradients_of_a_training_step_are_those_of_finite_differences(int hiddenLayers, DynamicsActivation activation, FlowTimeConditioning time, TraceEstimator trace, long contextWidth)
    {
        using DisposeScope scope = NewDisposeScope();
        using var seed = new Generator(3);
        var manifold = new ProductManifold(1, 3, 2);
        var options = new FlowOptions { Solver = Steps, Trace = trace, KineticPenalty = 0.3, JacobianPenalty = 0.2 };
        var flow = new NormalizingFlow(new FlowDynamics(manifold.Width, [.. Enumerable.Repeat(3L, hiddenLayers)], seed, activation, time, contextWidth), manifold, options);
        flow.to(ScalarType.Float64);
        Tensor data = randn([4, manifold.Width], ScalarType.Float64, generator: seed);
        Tensor? context = contextWidth > 0 ? randn([4, contextWidth], ScalarType.Float64, generator: seed) : null;
        Loss();
        Dictionary<string, Tensor> gradients = flow.named_parameters().ToDictionary(p => p.name, p => p.parameter.grad!.clone());
        foreach ((string name, TorchSharp.Modules.Parameter parameter) in flow.named_parameters())
        {
            AssertClose(FiniteDifferences.Gradient(parameter, Loss), gradients[name], name);
        }

        double Loss()
        {
            using var generator = new Generator(5);
            return flow.Backward(data, generator, context, arange(1, 5, ScalarType.Float64)).Loss;
        }
    }

    [TestMethod]
    public void The_gradient_of_a_log_density_is_tangent_and_that_of_finite_differences()
    {
        using DisposeScope scope = NewDisposeScope();
        using var seed = new Generator(4);
        var manifold = new ProductManifold(1, 3);
        var flow = new NormalizingFlow(new FlowDynamics(4, [3, 3], seed), manifold, new FlowOptions { Solver = Steps });
        flow.to(ScalarType.Float64);
        Tensor data = manifold.Project(randn([4, 4], ScalarType.Float64, generator: seed)).requires_grad_();
        ImplicitBackward.Run(() => flow.forward(data).square().sum().backward());
        AssertClose(FiniteDifferences.Gradient(data, () => flow.LogDensity(data.detach()).square().sum().item<double>()), data.grad!, "data");
        AssertClose(manifold.ProjectToTangents(data.detach(), data.grad!), data.grad!, "tangent");
    }

    [TestMethod]
    [DataRow(TraceEstimator.Rademacher)]
    [DataRow(TraceEstimator.Gaussian)]
    public void Hutchinsons_estimate_is_unbiased_on_a_sphere(TraceEstimator estimator)
    {
        using DisposeScope scope = NewDisposeScope();
        using var seed = new Generator(5);
        var options = new FlowOptions { Trace = estimator, KineticPenalty = 0, JacobianPenalty = 0, Solver = Steps };
        var manifold = new ProductManifold(0, 3);
        var dynamics = new FlowDynamics(3, [8, 8], seed);
        Tensor x = randn(1, 3, generator: seed).expand(500, 3).contiguous();
        double exact = -new NormalizingFlow(dynamics, manifold, options with { Trace = TraceEstimator.Exact }).Backward(x, seed).Loss;
        var flow = new NormalizingFlow(dynamics, manifold, options);
        double[] estimates = [.. Enumerable.Range(0, 20).Select(_ => -flow.Backward(x, seed).Loss)];
        double mean = estimates.Average();
        double error = Math.Sqrt(estimates.Sum(e => (e - mean) * (e - mean)) / (19 * 20));
        Assert.IsLessThan(4 * error, Math.Abs(mean - exact));
        Assert.IsGreaterThan(0, error);
    }

    [TestMethod]
    public void Samples_lie_on_the_manifold_and_repeat_by_seed_and_decoding_undoes_encoding()
    {
        using DisposeScope scope = NewDisposeScope();
        var manifold = new ProductManifold(1, 3, 2);
        NormalizingFlow flow = Wild(manifold, hidden: 8);
        Tensor Sample(ulong value)
        {
            using var generator = new Generator(value);
            return flow.Sample(50, generator);
        }

        Tensor samples = Sample(1);
        Assert.IsTrue(samples.allclose(Sample(1), 0, 0));
        Assert.IsFalse(samples.allclose(Sample(2)));
        AssertClose(ones([50], ScalarType.Float64), samples.narrow(1, 1, 3).square().sum(1), "sphere");
        AssertClose(ones([50], ScalarType.Float64), samples.narrow(1, 4, 2).square().sum(1), "circle");
        AssertClose(samples, flow.Decode(flow.Encode(samples, solver: Tight).Latent, solver: Tight), "decoded");
    }

    [TestMethod]
    public void Stacked_blocks_integrate_to_one_and_take_no_normalisation_between_them()
    {
        using DisposeScope scope = NewDisposeScope();
        using var seed = new Generator(6);
        ManifoldGrid grid = ManifoldGrid.Circle();
        FlowDynamics[] blocks = [new(2, [8], seed), new(2, [8], seed)];
        Assert.ThrowsExactly<ArgumentException>(() => new NormalizingFlow(blocks, 2, manifold: grid.Manifold));
        var flow = new NormalizingFlow(blocks, 2, normalization: FlowNormalizationKind.None, manifold: grid.Manifold);
        flow.to(ScalarType.Float64);
        Assert.AreEqual(1, flow.LogDensity(grid.Points).exp().dot(grid.Weights).item<double>(), 1e-4);
    }

    [TestMethod]
    public void A_training_step_leaves_no_tensor_behind()
    {
        using DisposeScope scope = NewDisposeScope();
        using var seed = new Generator(7);
        var manifold = new ProductManifold(1, 3);
        NormalizingFlow flow = Wild(manifold, hidden: 8);
        Tensor x = randn([20, 4], ScalarType.Float64, generator: seed);
        flow.Backward(x, seed).LossTensor.Dispose();
        long before = DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount;
        flow.Backward(x, seed).LossTensor.Dispose();
        flow.LogDensity(x).Dispose();
        flow.Decode(x).Dispose();
        Assert.AreEqual(before, DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount);
    }

    [TestMethod]
    public void Dynamics_of_another_width_than_the_manifold_are_refused()
    {
        using DisposeScope scope = NewDisposeScope();
        using var seed = new Generator(8);
        var dynamics = new FlowDynamics(2, [4], seed);
        Assert.ThrowsExactly<ArgumentException>(() => new NormalizingFlow(dynamics, new ProductManifold(0, 3)));
    }

    private static void AssertIntegratesToOne(ManifoldGrid grid, double tolerance)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor logDensity = Wild(grid.Manifold).LogDensity(grid.Points, solver: Tight with { StepControl = new PiStepControl { RelativeTolerance = 1e-7, AbsoluteTolerance = 1e-7 } });
        Assert.AreEqual(1, logDensity.exp().dot(grid.Weights).item<double>(), tolerance);
        Assert.IsGreaterThan(1, (logDensity.max() - logDensity.min()).item<double>(), "The flow should not be the identity.");
    }

    // A flow far from the identity, in float64.
    private static NormalizingFlow Wild(ProductManifold manifold, int hidden = 16)
    {
        using var seed = new Generator(9);
        var flow = new NormalizingFlow(new FlowDynamics(manifold.Width, [hidden, hidden], seed), manifold);
        flow.to(ScalarType.Float64);
        using IDisposable noGrad = no_grad();
        foreach (TorchSharp.Modules.Parameter parameter in flow.parameters())
        {
            parameter.mul_(2.5);
        }

        return flow;
    }

    private static void AssertClose(Tensor expected, Tensor actual, string name) =>
        Assert.IsLessThan(1e-7 * Math.Max(1, expected.abs().max().item<double>()), (expected - actual).abs().max().item<double>(), name);

    private sealed class Opaque(FlowDynamics dynamics) : nn.Module<Tensor, Tensor, Tensor>("opaque")
    {
        public override Tensor forward(Tensor time, Tensor state) => dynamics.forward(time, state);
    }
}
