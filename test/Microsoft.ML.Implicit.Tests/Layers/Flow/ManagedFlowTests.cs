using Microsoft.ML.Implicit.Layers.Flow;
using Microsoft.ML.Implicit.Layers.Ode;
using Microsoft.ML.Implicit.Layers.Ode.Perceptrons;
using Microsoft.ML.Implicit.Solvers.Ode;
using Microsoft.ML.Implicit.Solvers.Ode.Managed;
using Microsoft.ML.Implicit.Tests.Layers.Ode;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Tests.Layers.Flow;

/// <summary>The evaluation of flows in managed memory against that by tensor operations.</summary>
[TestClass]
public sealed class ManagedFlowTests
{
    private static readonly Integrands Divergence = Integrands.Divergence;
    private static readonly Integrands Penalized = new(new Integrand(Divergence: true), new Integrand(KineticEnergy: 0.3, JacobianNorm: 0.2));

    // From the first step on, errors are well above the rounding of either evaluation, by which the next step would differ.
    private static readonly OdeOptions Loose = new()
    {
        StepControl = new PiStepControl { RelativeTolerance = 1e-4, AbsoluteTolerance = 1e-4, InitialStep = 0.2 },
        MaximumCheckpoints = 3,
    };

    /// <summary>Where the directions of Jacobian products come from.</summary>
    public enum Directions
    {
        None,
        Noise,
        UnitVectors,
        SeveralPerRow,
    }

    public static IEnumerable<object[]> Cases =>
    [
        [512, 2, new long[] { 64, 64 }, DynamicsActivation.Tanh, FlowTimeConditioning.Concatenate, 0L, Divergence, Directions.Noise, true],
        [1, 3, new long[] { 7 }, DynamicsActivation.Tanh, FlowTimeConditioning.Concatenate, 0L, Divergence, Directions.None, false],
        [37, 5, new long[] { 9, 13 }, DynamicsActivation.Softplus, FlowTimeConditioning.Concatenate, 0L, Divergence, Directions.None, false],
        [19, 1, new long[] { 33, 6 }, DynamicsActivation.Tanh, FlowTimeConditioning.Concatenate, 0L, Penalized, Directions.Noise, false],
        [16, 4, new long[] { 8 }, DynamicsActivation.Tanh, FlowTimeConditioning.Concatenate, 3L, Penalized, Directions.Noise, false],
        [50, 3, new long[] { 17, 8, 10 }, DynamicsActivation.Softplus, FlowTimeConditioning.Concatenate, 0L, Penalized, Directions.UnitVectors, true],
        [18, 3, new long[] { 12 }, DynamicsActivation.Tanh, FlowTimeConditioning.Concatenate, 0L, Divergence, Directions.SeveralPerRow, true],
        [33, 2, new long[] { 21, 10 }, DynamicsActivation.Tanh, FlowTimeConditioning.ConcatSquash, 0L, Penalized, Directions.Noise, true],
        [21, 4, new long[] { 11 }, DynamicsActivation.Softplus, FlowTimeConditioning.ConcatSquash, 2L, Divergence, Directions.UnitVectors, true],
        [40, 3, new long[] { 16, 16 }, DynamicsActivation.Tanh, FlowTimeConditioning.Concatenate, 2L, Integrands.None, Directions.None, false],
        [6, 3, new long[] { 6, 5 }, DynamicsActivation.Tanh, FlowTimeConditioning.ConcatSquash, 0L, new Integrands(new Integrand(KineticEnergy: 0.5)), Directions.None, false],
    ];

    [TestMethod]
    [DynamicData(nameof(Cases))]
    public void Managed_and_tensor_evaluation_give_the_same_solution_and_gradients(
        int batch, int dimension, long[] hidden, DynamicsActivation activation, FlowTimeConditioning time, long contextWidth, object integrands, Directions directions, bool estimatesTrace)
    {
        using DisposeScope scope = NewDisposeScope();
        using var generator = new Generator(3);
        var dynamics = new FlowDynamics(dimension, hidden, generator, activation, time, contextWidth);
        Sharpen(dynamics);
        var columns = (Integrands)integrands;
        Tensor? context = contextWidth > 0 ? randn([batch, contextWidth], generator: generator) : null;
        Tensor? noise = Draw(directions, batch, dimension, generator);
        using var managed = new PerceptronTerm(dynamics, columns, noise, estimatesTrace, context);
        using var tensors = new PerceptronTerm(dynamics, columns, noise, estimatesTrace, context);
        Tensor start = cat([randn([batch, dimension], generator: generator), zeros(batch, columns.Count)], 1);
        Tensor weights = randn([3, batch, dimension + columns.Count], generator: generator);
        AssertManaged(managed, start);

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
        if (context is not null)
        {
            AssertClose(tensors.ContextGradient!, managed.ContextGradient!, "context");
        }
    }

    [TestMethod]
    public void Layers_of_another_type_are_left_to_tensor_operations()
    {
        using DisposeScope scope = NewDisposeScope();
        using var generator = new Generator(3);
        var dynamics = new FlowDynamics(2, [4], generator);
        dynamics.to(ScalarType.Float64);
        using var term = new PerceptronTerm(dynamics, Divergence, null, false, null);
        Assert.IsNull(((IManagedOdeTerm)term).CreateManagedDynamics(zeros([3, 3], ScalarType.Float64)));
    }

    [TestMethod]
    public void A_single_precision_step_meets_the_goldens_gradients_to_1e_4()
    {
        using DisposeScope scope = NewDisposeScope();
        using var generator = new Generator(1);
        Golden golden = Golden.Load("cnf_exact");
        var solver = new OdeOptions { StepControl = new PiStepControl { RelativeTolerance = 1e-6, AbsoluteTolerance = 1e-6 } };
        NormalizingFlow flow = GoldenFlow.Create(golden, closedForm: true, GoldenFlow.Tight with { Solver = solver });
        flow.to(ScalarType.Float32);
        FlowLoss loss = flow.Backward(golden["x"].to(ScalarType.Float32), generator);
        Assert.AreEqual(golden["loss"].item<double>(), -loss.Loss, 1e-5);
        foreach ((TorchSharp.Modules.Parameter parameter, string name) in flow.parameters().Zip(GoldenFlow.ParameterNames))
        {
            golden.AssertMatches("grad_" + name, parameter.grad!.to(ScalarType.Float64) * -1, 1e-4);
        }
    }

    private static void Sharpen(FlowDynamics dynamics)
    {
        using IDisposable noGradient = no_grad();
        foreach (TorchSharp.Modules.Parameter parameter in dynamics.parameters())
        {
            parameter.mul_(3);
        }
    }

    private static Tensor? Draw(Directions directions, int batch, int dimension, Generator generator) => directions switch
    {
        Directions.Noise => randn([batch, dimension], generator: generator),
        Directions.UnitVectors => eye(dimension).unsqueeze(1).expand(dimension, batch, dimension),
        Directions.SeveralPerRow => randn([2, batch, dimension], generator: generator),
        _ => null,
    };

    private static void AssertManaged(IManagedOdeTerm term, Tensor start)
    {
        using ManagedDynamics? dynamics = term.CreateManagedDynamics(start);
        Assert.IsNotNull(dynamics);
    }

    private static void AssertClose(Tensor expected, Tensor actual, string name) =>
        Assert.IsLessThan(1e-5, ((expected - actual).abs().max() / expected.abs().max()).item<float>(), name);
}
