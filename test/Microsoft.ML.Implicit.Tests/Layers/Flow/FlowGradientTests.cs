using Microsoft.ML.Implicit.Differentiation;
using Microsoft.ML.Implicit.Layers.Flow;
using Microsoft.ML.Implicit.Layers.Ode;
using Microsoft.ML.Implicit.Solvers.Ode;
using Microsoft.ML.Implicit.Tests.Layers.Ode;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Tests.Layers.Flow;

/// <summary>Gradients of a training step, penalties included, against finite differences of its loss.</summary>
[TestClass]
public sealed class FlowGradientTests
{
    // With fixed steps the loss is a smooth function of the parameters, of which the adjoint gives the exact gradient.
    private static readonly OdeOptions Steps = new() { Method = OdeMethods.RungeKutta4, StepControl = new FixedStepControl(0.5) };

    [TestMethod]
    [DataRow(1, DynamicsActivation.Tanh, FlowTimeConditioning.Concatenate, TraceEstimator.Exact)]
    [DataRow(2, DynamicsActivation.Tanh, FlowTimeConditioning.Concatenate, TraceEstimator.Exact)]
    [DataRow(3, DynamicsActivation.Tanh, FlowTimeConditioning.Concatenate, TraceEstimator.Exact)]
    [DataRow(2, DynamicsActivation.Softplus, FlowTimeConditioning.ConcatSquash, TraceEstimator.Exact)]
    [DataRow(1, DynamicsActivation.Softplus, FlowTimeConditioning.ConcatSquash, TraceEstimator.Gaussian)]
    [DataRow(2, DynamicsActivation.Tanh, FlowTimeConditioning.Concatenate, TraceEstimator.Rademacher)]
    public void Every_parameter_of_a_block(int hiddenLayers, DynamicsActivation activation, FlowTimeConditioning time, TraceEstimator trace)
    {
        using DisposeScope scope = NewDisposeScope();
        using var seed = new Generator(1);
        long[] widths = [.. Enumerable.Repeat(3L, hiddenLayers)];
        var flow = new NormalizingFlow(new FlowDynamics(2, widths, seed, activation, time), Options(trace));
        AssertGradients(flow, Data(seed), null);
    }

    [TestMethod]
    [DataRow(FlowTimeConditioning.Concatenate)]
    [DataRow(FlowTimeConditioning.ConcatSquash)]
    public void Every_parameter_of_a_conditional_block(FlowTimeConditioning time)
    {
        using DisposeScope scope = NewDisposeScope();
        using var seed = new Generator(2);
        var flow = new NormalizingFlow(new FlowDynamics(2, [3, 3], seed, time: time, contextWidth: 2), Options(TraceEstimator.Exact));
        AssertGradients(flow, Data(seed), Data(seed));
    }

    [TestMethod]
    [DataRow(FlowNormalizationKind.None)]
    [DataRow(FlowNormalizationKind.Affine)]
    public void Every_parameter_of_stacked_blocks(FlowNormalizationKind normalization)
    {
        using DisposeScope scope = NewDisposeScope();
        using var seed = new Generator(3);
        var flow = new NormalizingFlow([new FlowDynamics(2, [3], seed), new FlowDynamics(2, [3], seed)], 2, Options(TraceEstimator.Exact), normalization);
        AssertGradients(flow, Data(seed), null);
    }

    [TestMethod]
    public void The_data_within_autograd()
    {
        using DisposeScope scope = NewDisposeScope();
        using var seed = new Generator(4);
        var flow = new NormalizingFlow(new FlowDynamics(2, [3, 3], seed), Options(TraceEstimator.Exact));
        flow.to(ScalarType.Float64);
        Tensor data = Data(seed).requires_grad_();
        Tensor loss = flow.forward(data).square().sum();
        ImplicitBackward.Run(() => loss.backward());
        Tensor expected = FiniteDifferences.Gradient(data, () => flow.LogDensity(data.detach()).square().sum().item<double>());
        AssertClose(expected, data.grad!, "data");
    }

    [TestMethod]
    [DataRow(1, FlowTimeConditioning.Concatenate)]
    [DataRow(2, FlowTimeConditioning.Concatenate)]
    [DataRow(2, FlowTimeConditioning.ConcatSquash)]
    public void The_adjoint_equation_gives_what_the_steps_give(int hiddenLayers, FlowTimeConditioning time)
    {
        using DisposeScope scope = NewDisposeScope();
        using var seed = new Generator(6);
        var dynamics = new FlowDynamics(2, [.. Enumerable.Repeat(4L, hiddenLayers)], seed, time: time, contextWidth: 2);
        dynamics.to(ScalarType.Float64);
        Tensor data = Data(seed), context = Data(seed);
        foreach ((Tensor expected, Tensor actual) in Gradients(OdeGradientMethod.CheckpointedAdjoint).Zip(Gradients(OdeGradientMethod.BacksolveAdjoint)))
        {
            AssertClose(expected, actual, $"{expected.shape[0]}");
        }

        Tensor[] Gradients(OdeGradientMethod method)
        {
            var control = new PiStepControl { AbsoluteTolerance = 1e-11, RelativeTolerance = 1e-11 };
            var flow = new NormalizingFlow(dynamics, new FlowOptions { Solver = new OdeOptions { GradientMethod = method, StepControl = control } });
            flow.zero_grad();
            using var generator = new Generator(5);
            flow.Backward(data, generator, context);
            return [.. flow.parameters().Select(parameter => parameter.grad!.clone())];
        }
    }

    private static FlowOptions Options(TraceEstimator trace) => new() { Solver = Steps, Trace = trace, KineticPenalty = 0.3, JacobianPenalty = 0.2 };

    private static Tensor Data(Generator generator) => randn([4, 2], ScalarType.Float64, generator: generator);

    private static void AssertGradients(NormalizingFlow flow, Tensor data, Tensor? context)
    {
        flow.to(ScalarType.Float64);
        flow.zero_grad();
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

    private static void AssertClose(Tensor expected, Tensor actual, string name)
    {
        double error = (expected - actual).abs().max().item<double>();
        Assert.IsLessThan(1e-7 * Math.Max(1, expected.abs().max().item<double>()), error, name);
    }
}
