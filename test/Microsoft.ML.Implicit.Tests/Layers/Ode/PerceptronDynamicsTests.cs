using Microsoft.ML.Implicit.Layers.Flow;
using Microsoft.ML.Implicit.Layers.Ode;
using Microsoft.ML.Implicit.Solvers.Ode;
using Microsoft.ML.Implicit.Solvers.Ode.Managed;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Tests.Layers.Ode;

/// <summary>What all perceptrons can do.</summary>
[TestClass]
public sealed class PerceptronDynamicsTests
{
    private const double Time = 0.7;

    private static readonly OdeOptions Steps = new() { StepControl = new FixedStepControl(0.2), MaximumCheckpoints = 3 };

    public static IEnumerable<object[]> Architectures =>
        from activation in new[] { DynamicsActivation.Tanh, DynamicsActivation.Softplus }
        from time in Enum.GetValues<TimeDependence>()
        from hidden in new long[][] { [], [7], [7, 5], [7, 5, 6] }
        where hidden.Length > 0 || time is TimeDependence.None or TimeDependence.Concatenate
        select new object[] { hidden, activation, time };

    [TestMethod]
    [DynamicData(nameof(Architectures))]
    public void The_closed_form_pullback_equals_autograd(long[] hidden, DynamicsActivation activation, TimeDependence time)
    {
        using DisposeScope scope = NewDisposeScope();
        (PerceptronDynamics dynamics, Tensor z, Tensor cotangent) = Create(hidden, activation, time);
        Tensor closed = zeros(dynamics.Parameters.Sum(p => p.numel()), ScalarType.Float64);
        Tensor automatic = zeros_like(closed);
        using OdeLinearization a = dynamics.Linearize(Time, z);
        using OdeLinearization b = new AutogradOdeTerm(dynamics).Linearize(Time, z);
        AssertClose(b.Value, a.Value);
        AssertClose(b.Pullback(cotangent, null), a.Pullback(cotangent, null));
        AssertClose(b.Pullback(cotangent, automatic), a.Pullback(cotangent, closed));
        AssertClose(automatic, closed);
    }

    [TestMethod]
    [DynamicData(nameof(Architectures))]
    public void The_exact_divergence_is_the_trace_of_the_Jacobian(long[] hidden, DynamicsActivation activation, TimeDependence time)
    {
        using DisposeScope scope = NewDisposeScope();
        (PerceptronDynamics dynamics, Tensor z, _) = Create(hidden, activation, time);
        using DivergenceLinearization divergence = dynamics.LinearizeWithDivergence(Time, z, dynamics.UnitDirections(z));
        Tensor trace = zeros_like(divergence.Divergence);
        for (int i = 0; i < dynamics.Dimension; i++)
        {
            using OdeLinearization linearization = dynamics.Linearize(Time, z);
            Tensor unit = zeros_like(z);
            unit.select(1, i).fill_(1);
            trace.add_(linearization.Pullback(unit, null).select(1, i));
        }

        AssertClose(trace, divergence.Divergence);
        AssertClose(dynamics.Evaluate(Time, z), divergence.Value);
    }

    [TestMethod]
    [DynamicData(nameof(Architectures))]
    public void The_pullback_of_value_and_divergence_equals_finite_differences(long[] hidden, DynamicsActivation activation, TimeDependence time)
    {
        using DisposeScope scope = NewDisposeScope();
        (PerceptronDynamics dynamics, Tensor z, Tensor cotangent) = Create(hidden, activation, time);
        Tensor directions = Random([2, 4, 3], 5);
        Tensor divergenceCotangent = Random([4], 6);
        Tensor parameters = zeros(dynamics.Parameters.Sum(p => p.numel()), ScalarType.Float64);
        using DivergenceLinearization linearization = dynamics.LinearizeWithDivergence(Time, z, directions);
        Tensor state = linearization.Pullback(cotangent, divergenceCotangent, parameters);
        double Scalar()
        {
            using DivergenceLinearization at = dynamics.LinearizeWithDivergence(Time, z, directions);
            return ((at.Value * cotangent).sum() + (at.Divergence * divergenceCotangent).sum()).item<double>();
        }

        AssertClose(FiniteDifferences.Gradient(z, Scalar), state, 1e-7);
        AssertClose(cat([.. dynamics.Parameters.Select(p => FiniteDifferences.Gradient(p, Scalar).view(-1))]), parameters, 1e-7);
    }

    [TestMethod]
    [DynamicData(nameof(Architectures))]
    public void Managed_and_tensor_evaluation_give_the_same_solution_and_gradients(long[] hidden, DynamicsActivation activation, TimeDependence time)
    {
        using DisposeScope scope = NewDisposeScope();
        using var generator = new Generator(8);
        PerceptronDynamics dynamics = Create(hidden, generator, activation, time);
        Tensor start = randn([35, 3], generator: generator);
        Tensor weights = randn([3, 35, 3], generator: generator);
        using (ManagedDynamics? evaluation = ((IManagedOdeTerm)dynamics).CreateManagedDynamics(start))
        {
            Assert.IsNotNull(evaluation);
        }

        using OdeSolution managed = OdeSolver.Solve(dynamics, start, [0, 0.4, 1], Steps, differentiable: true);
        using OdeSolution tensors = OdeSolver.Solve(new TensorsOnly(dynamics), start, [0, 0.4, 1], Steps, differentiable: true);
        Assert.AreEqual(tensors.Statistics, managed.Statistics);
        AssertRelativelyClose(tensors.States, managed.States);
        using OdeGradients expected = tensors.Backward(weights);
        using OdeGradients actual = managed.Backward(weights);
        AssertRelativelyClose(expected.InitialState, actual.InitialState);
        AssertRelativelyClose(expected.Parameters, actual.Parameters);
    }

    [TestMethod]
    [DynamicData(nameof(Architectures))]
    public void A_time_for_each_row_gives_what_each_row_gives_at_its_time(long[] hidden, DynamicsActivation activation, TimeDependence time)
    {
        using DisposeScope scope = NewDisposeScope();
        (PerceptronDynamics dynamics, Tensor z, _) = Create(hidden, activation, time);
        double[] times = [0, 0.3, -1, 2];
        Tensor alone = cat([.. times.Select((t, row) => dynamics.Evaluate(t, z.narrow(0, row, 1)))]);
        AssertClose(alone, dynamics.Evaluate(tensor(times), z));
        AssertClose(alone, dynamics.forward(tensor(times).unsqueeze(1), z));
        Tensor groups = z.unsqueeze(1).expand(4, 2, 3);
        AssertClose(alone.unsqueeze(1).expand(4, 2, 3), dynamics.Evaluate(tensor(times), groups));
        AssertClose(dynamics.Evaluate(Time, z), dynamics.Evaluate(Time, groups).select(1, 1));
    }

    [TestMethod]
    public void Times_within_autograd_receive_their_gradient()
    {
        using DisposeScope scope = NewDisposeScope();
        (PerceptronDynamics dynamics, Tensor z, Tensor cotangent) = Create([5], DynamicsActivation.Tanh, TimeDependence.ConcatSquash);
        Tensor time = tensor(Time).requires_grad_();
        (dynamics.forward(time, z) * cotangent).sum().backward();
        double difference = (((dynamics.Evaluate(Time + 1e-6, z) - dynamics.Evaluate(Time - 1e-6, z)) * cotangent).sum() / 2e-6).item<double>();
        Assert.AreEqual(difference, time.grad!.item<double>(), 1e-7);
    }

    [TestMethod]
    public void Dynamics_on_a_condition_ask_for_it_and_for_its_width()
    {
        using DisposeScope scope = NewDisposeScope();
        using var generator = new Generator(1);
        var dynamics = new FlowDynamics(2, [4], generator, contextWidth: 3);
        Tensor rows = zeros(5, 2);
        Assert.ThrowsExactly<ArgumentException>(() => OdeSolver.Solve(dynamics, rows, [0, 1]));
        Assert.ThrowsExactly<ArgumentException>(() => dynamics.forward(tensor(0f), rows));
        var flow = new NormalizingFlow(dynamics);
        Assert.ThrowsExactly<ArgumentException>(() => flow.LogDensity(rows));
        Assert.ThrowsExactly<ArgumentException>(() => flow.LogDensity(rows, zeros(5, 2)));
        Assert.ThrowsExactly<ArgumentException>(() => flow.LogDensity(rows, zeros(4, 3)));
        Assert.ThrowsExactly<ArgumentException>(() => new NormalizingFlow(new FlowDynamics(2, [4], generator)).LogDensity(rows, zeros(5, 3)));
        CollectionAssert.AreEqual(new long[] { 5 }, flow.LogDensity(rows, zeros(5, 3)).shape);
    }

    [TestMethod]
    [DynamicData(nameof(Architectures))]
    public void The_same_generator_seed_gives_the_same_parameters(long[] hidden, DynamicsActivation activation, TimeDependence time)
    {
        using DisposeScope scope = NewDisposeScope();
        IReadOnlyList<Tensor> a = Create(hidden, activation, time).Dynamics.Parameters, b = Create(hidden, activation, time).Dynamics.Parameters;
        Assert.IsTrue(a.Zip(b).All(pair => pair.First.equal(pair.Second).all().item<bool>()));
    }

    private static (PerceptronDynamics Dynamics, Tensor State, Tensor Cotangent) Create(long[] hidden, DynamicsActivation activation, TimeDependence time)
    {
        using var generator = new Generator(3);
        PerceptronDynamics dynamics = Create(hidden, generator, activation, time);
        dynamics.to(ScalarType.Float64);
        return (dynamics, Random([4, 3], 1), Random([4, 3], 2));
    }

    private static PerceptronDynamics Create(long[] hidden, Generator generator, DynamicsActivation activation, TimeDependence time) => time switch
    {
        TimeDependence.None => new MlpDynamics(3, hidden, generator, activation, TimeConditioning.None),
        TimeDependence.Concatenate => new MlpDynamics(3, hidden, generator, activation, TimeConditioning.Concatenate),
        TimeDependence.ConcatenateEverywhere => new FlowDynamics(3, hidden, generator, activation, FlowTimeConditioning.Concatenate),
        _ => new FlowDynamics(3, hidden, generator, activation, FlowTimeConditioning.ConcatSquash),
    };

    private static Tensor Random(long[] shape, ulong seed)
    {
        using var generator = new Generator(seed);
        return randn(shape, ScalarType.Float64, generator: generator);
    }

    private static void AssertClose(Tensor expected, Tensor actual, double tolerance = 1e-12)
    {
        CollectionAssert.AreEqual(expected.shape, actual.shape);
        Assert.IsLessThan(tolerance, (expected - actual).abs().max().item<double>());
    }

    private static void AssertRelativelyClose(Tensor expected, Tensor actual) =>
        Assert.IsLessThan(1e-5, ((expected - actual).abs().max() / expected.abs().max()).item<float>());

    /// <summary>How the time enters: not at all, shifts the first layer or all, or gates and shifts all.</summary>
    public enum TimeDependence
    {
        None,
        Concatenate,
        ConcatenateEverywhere,
        ConcatSquash,
    }
}
