using Microsoft.ML.Implicit.Differentiation;
using Microsoft.ML.Implicit.Layers.Ode;
using Microsoft.ML.Implicit.Solvers.Ode;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Tests.Layers.Ode;

[TestClass]
public sealed class TupleDynamicsTests
{
    private static readonly OdeOptions Tight = new() { StepControl = new PiStepControl { RelativeTolerance = 1e-11, AbsoluteTolerance = 1e-11 } };
    private static readonly OdeStateLayout Layout = new([2], [3, 2], []);

    public static IEnumerable<object[]> Methods => [[OdeMethods.Dopri5], [OdeMethods.Kvaerno5]];

    [TestMethod]
    public void Parts_are_views_of_the_state()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor state = Layout.Join(Parts());
        CollectionAssert.AreEqual(new long[] { 4, 9 }, state.shape);
        IReadOnlyList<Tensor> parts = Layout.Split(state);
        foreach ((Tensor part, Tensor expected) in parts.Zip(Parts()))
        {
            CollectionAssert.AreEqual(expected.shape, part.shape);
            Assert.AreEqual(0, (part - expected).abs().max().item<double>());
        }

        parts[1].fill_(7);
        Assert.AreEqual(7 * 4 * 6, state.narrow(1, 2, 6).sum().item<double>());
    }

    [TestMethod]
    [DynamicData(nameof(Methods))]
    public void Several_tensors_are_solved_and_differentiated_as_one_would_be(OdeMethod method)
    {
        using DisposeScope scope = NewDisposeScope();
        using var coupled = new Coupled();
        using var joined = new JoinedCoupled(coupled);
        (Tensor States, Tensor Gradient, Tensor Parameter) several = Run(new TupleDynamics(coupled, Layout));
        (Tensor States, Tensor Gradient, Tensor Parameter) one = Run(joined);
        Assert.IsLessThan(1e-12, (several.States - one.States).abs().max().item<double>());
        Assert.IsLessThan(1e-12, (several.Gradient - one.Gradient).abs().max().item<double>());
        Assert.IsLessThan(1e-12, (several.Parameter - one.Parameter).abs().max().item<double>());

        (Tensor, Tensor, Tensor) Run(nn.Module<Tensor, Tensor, Tensor> dynamics)
        {
            coupled.Rate.grad?.zero_();
            var layer = new NeuralOde(dynamics, new OdeOptions { Method = method });
            Tensor start = Layout.Join(Parts()).requires_grad_();
            Tensor states = layer.forward(start, tensor(new[] { 0.0, 0.4, 1 }));
            Tensor loss = Layout.Split(states).Select((part, i) => part.square().sum() * (i + 1)).Aggregate((a, b) => a + b);
            ImplicitBackward.Run(() => loss.backward());
            return (states.detach(), start.grad!, coupled.Rate.grad!.clone());
        }
    }

    [TestMethod]
    public void Rows_may_step_independently()
    {
        using DisposeScope scope = NewDisposeScope();
        using var coupled = new Coupled();
        var dynamics = new TupleDynamics(coupled, Layout);
        Tensor start = Layout.Join(Parts());
        using OdeSolution common = OdeSolver.Solve(dynamics, start, [0, 0.4, 1], Tight);
        using OdeSolution rows = OdeSolver.Solve(dynamics, start, [.. Enumerable.Repeat(new[] { 0, 0.4, 1 }, 4)], Tight);
        Assert.IsLessThan(1e-9, (common.States - rows.States).abs().max().item<double>());
    }

    [TestMethod]
    public void Tensors_of_other_shapes_are_refused()
    {
        using DisposeScope scope = NewDisposeScope();
        using var coupled = new Coupled();
        Assert.ThrowsExactly<ArgumentException>(() => Layout.Join(Parts()[..2]));
        Assert.ThrowsExactly<ArgumentException>(() => Layout.Join(Parts()[0], Parts()[1], ones(3, ScalarType.Float64)));
        Assert.ThrowsExactly<ArgumentException>(() => Layout.Split(ones(4, 8)));
        Assert.ThrowsExactly<ArgumentException>(() => new OdeStateLayout());
        var wrong = new TupleDynamics(coupled, new OdeStateLayout([2], [3, 2]));
        Assert.ThrowsExactly<ArgumentException>(() => OdeSolver.Solve(wrong, ones(4, 8, ScalarType.Float64), [0, 1]));
    }

    private static Tensor[] Parts() =>
    [
        arange(8, dtype: ScalarType.Float64).view(4, 2).sin(), arange(24, dtype: ScalarType.Float64).view(4, 3, 2).cos(), arange(4, dtype: ScalarType.Float64).sin(),
    ];

    /// <summary>A planar rotation, a matrix driven by it and the running mean of the matrix.</summary>
    private sealed class Coupled : nn.Module<Tensor, IReadOnlyList<Tensor>, IReadOnlyList<Tensor>>
    {
        public Coupled()
            : base(nameof(Coupled)) => RegisterComponents();

        public TorchSharp.Modules.Parameter Rate { get; } = new(full(1, 1.3, ScalarType.Float64));

        public override IReadOnlyList<Tensor> forward(Tensor time, IReadOnlyList<Tensor> parts)
        {
            Tensor mean = parts[1].mean([1, 2]);
            Tensor rotation = stack([parts[0].select(1, 1), -parts[0].select(1, 0)], 1) * Rate;
            Tensor driven = (parts[0].unsqueeze(1) - parts[1]).sin() + time.view(-1, 1, 1);
            return [rotation, driven, mean];
        }

        public override IEnumerable<TorchSharp.Modules.Parameter> parameters(bool recurse = true) => [Rate];
    }

    /// <summary>The same over one tensor.</summary>
    private sealed class JoinedCoupled(Coupled inner) : nn.Module<Tensor, Tensor, Tensor>(nameof(JoinedCoupled))
    {
        public override Tensor forward(Tensor time, Tensor state) => Layout.Join(inner.forward(time, Layout.Split(state)));

        public override IEnumerable<TorchSharp.Modules.Parameter> parameters(bool recurse = true) => inner.parameters();
    }
}
