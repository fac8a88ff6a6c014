using Microsoft.ML.Implicit.Layers.Ode;
using Microsoft.ML.Implicit.Solvers.Ode;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Tests.Layers.Ode;

[TestClass]
public sealed class MlpDynamicsTests
{
    private const double Time = 0.7;

    public static IEnumerable<object[]> Architectures =>
        from activation in new[] { DynamicsActivation.Tanh, DynamicsActivation.Softplus }
        from time in new[] { TimeConditioning.None, TimeConditioning.Concatenate }
        from hidden in new long[][] { [], [7], [7, 5] }
        select new object[] { hidden, activation, time };

    [TestMethod]
    [DynamicData(nameof(Architectures))]
    public void The_closed_form_pullback_equals_autograd(long[] hidden, DynamicsActivation activation, TimeConditioning time)
    {
        using DisposeScope scope = NewDisposeScope();
        (MlpDynamics dynamics, Tensor z, Tensor cotangent) = Create(hidden, activation, time);
        Tensor closed = zeros(dynamics.Parameters.Sum(p => p.numel()), ScalarType.Float64);
        Tensor automatic = zeros_like(closed);
        using OdeLinearization a = dynamics.Linearize(Time, z);
        using OdeLinearization b = new AutogradOdeTerm(new Wrapper(dynamics)).Linearize(Time, z);
        AssertClose(b.Value, a.Value);
        AssertClose(b.Pullback(cotangent, automatic), a.Pullback(cotangent, closed));
        AssertClose(automatic, closed);
    }

    [TestMethod]
    [DynamicData(nameof(Architectures))]
    public void The_exact_divergence_is_the_trace_of_the_Jacobian(long[] hidden, DynamicsActivation activation, TimeConditioning time)
    {
        using DisposeScope scope = NewDisposeScope();
        (MlpDynamics dynamics, Tensor z, _) = Create(hidden, activation, time);
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
    public void The_pullback_of_value_and_divergence_equals_finite_differences(long[] hidden, DynamicsActivation activation, TimeConditioning time)
    {
        using DisposeScope scope = NewDisposeScope();
        (MlpDynamics dynamics, Tensor z, Tensor cotangent) = Create(hidden, activation, time);
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
    public void The_same_generator_seed_gives_the_same_parameters()
    {
        using DisposeScope scope = NewDisposeScope();
        using var first = new Generator(9);
        using var second = new Generator(9);
        IReadOnlyList<Tensor> a = new MlpDynamics(3, [8], first).Parameters;
        IReadOnlyList<Tensor> b = new MlpDynamics(3, [8], second).Parameters;
        Assert.IsTrue(a.Zip(b).All(pair => pair.First.equal(pair.Second).all().item<bool>()));
    }

    private static (MlpDynamics Dynamics, Tensor State, Tensor Cotangent) Create(long[] hidden, DynamicsActivation activation, TimeConditioning time)
    {
        using var generator = new Generator(3);
        var dynamics = new MlpDynamics(3, hidden, generator, activation, time);
        dynamics.to(ScalarType.Float64);
        return (dynamics, Random([4, 3], 1), Random([4, 3], 2));
    }

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

    private sealed class Wrapper : nn.Module<Tensor, Tensor, Tensor>
    {
        private readonly MlpDynamics _inner;

        public Wrapper(MlpDynamics inner)
            : base(nameof(Wrapper))
        {
            _inner = inner;
            RegisterComponents();
        }

        public override Tensor forward(Tensor time, Tensor state) => _inner.forward(time, state);
    }
}
