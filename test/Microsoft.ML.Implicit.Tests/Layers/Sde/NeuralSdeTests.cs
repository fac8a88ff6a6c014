using Microsoft.ML.Implicit.Differentiation;
using Microsoft.ML.Implicit.Layers.Sde;
using Microsoft.ML.Implicit.Solvers;
using Microsoft.ML.Implicit.Solvers.Ode;
using Microsoft.ML.Implicit.Solvers.Sde;
using Microsoft.ML.Implicit.Solvers.Sde.Brownian;
using Microsoft.ML.Implicit.Tests.Solvers.Sde;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Tests.Layers.Sde;

[TestClass]
public sealed class NeuralSdeTests
{
    private static readonly double[] Times = [0, 0.3, 1];

    public static IEnumerable<object[]> Methods =>
    [
        [SdeMethods.EulerMaruyama, NoiseKind.General, StochasticCalculus.Ito, false],
        [SdeMethods.Heun, NoiseKind.General, StochasticCalculus.Stratonovich, false],
        [SdeMethods.Milstein, NoiseKind.Diagonal, StochasticCalculus.Ito, false],
        [SdeMethods.Milstein, NoiseKind.Scalar, StochasticCalculus.Stratonovich, false],
        [SdeMethods.DerivativeFreeMilstein, NoiseKind.Scalar, StochasticCalculus.Ito, false],
        [SdeMethods.Shark, NoiseKind.General, StochasticCalculus.Ito, true],
        [SdeMethods.SlowRk, NoiseKind.Diagonal, StochasticCalculus.Stratonovich, false],
        [SdeMethods.ReversibleHeun, NoiseKind.General, StochasticCalculus.Stratonovich, false],
        [SdeMethods.ReversibleHeun, NoiseKind.Scalar, StochasticCalculus.Stratonovich, false],
    ];

    [TestMethod]
    [DynamicData(nameof(Methods))]
    public void Gradients_agree_with_finite_differences_on_the_same_path(SdeMethod method, NoiseKind noise, StochasticCalculus calculus, bool isAdditive)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor[] parameters = Parameters();
        Tensor start = Start().requires_grad_();
        var layer = new NeuralSde(Equation(parameters, noise, calculus, isAdditive), Fixed(method) with { MaximumCheckpoints = 3 });
        ImplicitBackward.Run(() => Loss(layer, start, noise).backward());
        foreach (Tensor variable in (Tensor[])[start, .. parameters])
        {
            Tensor gradient = variable.grad!.clone();
            using IDisposable noGrad = no_grad();
            Tensor direction = randn_like(variable);
            const double Step = 1e-6;
            variable.add_(Step * direction);
            double above = Loss(layer, start, noise).item<double>();
            variable.sub_(2 * Step * direction);
            double below = Loss(layer, start, noise).item<double>();
            variable.add_(Step * direction);
            double expected = (above - below) / (2 * Step);
            Assert.AreEqual(expected, (gradient * direction).sum().item<double>(), 1e-6 * Math.Max(1, Math.Abs(expected)));
        }
    }

    [TestMethod]
    [DataRow(NoiseKind.Scalar)]
    [DataRow(NoiseKind.Diagonal)]
    [DataRow(NoiseKind.General)]
    public void The_gradient_of_reversed_steps_is_that_of_autograd_through_all_steps(NoiseKind noise)
    {
        using DisposeScope scope = NewDisposeScope();
        foreach (OdeStepControl control in (OdeStepControl[])[new FixedStepControl(0.01), new PiStepControl { RelativeTolerance = 1e-2, AbsoluteTolerance = 1e-2 }])
        {
            Tensor[] reversed = Gradients(noise, new SdeOptions { Method = SdeMethods.ReversibleHeun, StepControl = control, GradientMethod = SdeGradientMethod.ReversibleAdjoint });
            Tensor[] checkpointed = Gradients(noise, new SdeOptions { Method = SdeMethods.ReversibleHeun, StepControl = control });
            Tensor[] replayed = Replayed(noise, new SdeOptions { Method = SdeMethods.ReversibleHeun, StepControl = control });
            for (int i = 0; i < reversed.Length; i++)
            {
                Assert.IsLessThan(1e-10, (reversed[i] - replayed[i]).abs().max().item<double>() / replayed[i].abs().max().item<double>());
                Assert.IsLessThan(1e-12, (checkpointed[i] - replayed[i]).abs().max().item<double>() / replayed[i].abs().max().item<double>());
            }
        }
    }

    [TestMethod]
    [DataRow(SdeGradientMethod.CheckpointedAdjoint)]
    [DataRow(SdeGradientMethod.ReversibleAdjoint)]
    public void Second_derivatives_agree_with_differences_of_first_ones(SdeGradientMethod gradientMethod)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor[] parameters = Parameters();
        var layer = new NeuralSde(
            Equation(parameters, NoiseKind.Diagonal, StochasticCalculus.Stratonovich, false), Fixed(SdeMethods.ReversibleHeun) with { GradientMethod = gradientMethod });
        Tensor start = Start().requires_grad_();
        Tensor direction = randn_like(start);
        Tensor gradient = autograd.grad([Loss(layer, start, NoiseKind.Diagonal)], [start], create_graph: true, retain_graph: true)[0];
        Tensor product = autograd.grad([(gradient * direction).sum()], [start])[0];
        Tensor expected = (Gradient(start.detach() + (1e-5 * direction)) - Gradient(start.detach() - (1e-5 * direction))) / 2e-5;
        Assert.IsLessThan(1e-6, (product - expected).abs().max().item<double>());

        Tensor Gradient(Tensor at)
        {
            Tensor leaf = at.detach().requires_grad_();
            ImplicitBackward.Run(() => Loss(layer, leaf, NoiseKind.Diagonal).backward());
            return leaf.grad!;
        }
    }

    [TestMethod]
    public void Gradients_flow_on_to_what_a_parameter_was_computed_from()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor encoder = tensor(0.4).requires_grad_();
        double[] slopes = [.. new[] { 0.4 - 1e-6, 0.4 + 1e-6 }.Select(value => End(tensor(value)).item<double>())];
        ImplicitBackward.Run(() => End(encoder).backward());
        Assert.AreEqual((slopes[1] - slopes[0]) / 2e-6, encoder.grad!.item<double>(), 1e-6);

        static Tensor End(Tensor encoder) => new NeuralSde(new ContextEquation(encoder.exp()), Fixed(SdeMethods.Heun)).forward(ones(2, 1, ScalarType.Float64), Times, Path(NoiseKind.Scalar, rows: 2))[2].sum();
    }

    [TestMethod]
    public void Modules_are_the_layers_own_and_are_trained()
    {
        using DisposeScope scope = NewDisposeScope();
        var layer = new NeuralSde(new Field(), new Field(), StochasticCalculus.Stratonovich, NoiseKind.Diagonal, Fixed(SdeMethods.Heun));
        CollectionAssert.AreEqual(new[] { "drift.linear.weight", "drift.linear.bias", "diffusion.linear.weight", "diffusion.linear.bias" }, layer.state_dict().Keys.ToArray());
        ImplicitBackward.Run(() => layer.forward(Start(), Times, Path(NoiseKind.Diagonal)).pow(2).mean().backward());
        Assert.IsTrue(layer.parameters().All(parameter => parameter.grad!.abs().sum().item<double>() > 0));
    }

    [TestMethod]
    public void Memory_of_reversed_steps_does_not_grow_with_their_number()
    {
        using DisposeScope scope = NewDisposeScope();
        long[] kept = [.. new[] { 0.1, 0.001 }.Select(size =>
        {
            using DisposeScope inner = NewDisposeScope();
            var options = new SdeOptions { Method = SdeMethods.ReversibleHeun, StepControl = new FixedStepControl(size), GradientMethod = SdeGradientMethod.ReversibleAdjoint };
            Tensor start = Start().requires_grad_();
            var layer = new NeuralSde(Equation(Parameters(), NoiseKind.Diagonal, StochasticCalculus.Stratonovich, false), options);
            long before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
            Tensor loss = Loss(layer, start, NoiseKind.Diagonal);
            return DisposeScopeManager.Statistics.ThreadTotalLiveCount - before;
        })];
        Assert.AreEqual(kept[0], kept[1]);
    }

    [TestMethod]
    public void Failures_are_thrown_by_name()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor start = Start().requires_grad_();
        StochasticEquation equation = Equation(Parameters(), NoiseKind.Diagonal, StochasticCalculus.Stratonovich, false);
        BrownianPath path = Path(NoiseKind.Diagonal);
        var cannotReverse = new NeuralSde(equation, Fixed(SdeMethods.Heun) with { GradientMethod = SdeGradientMethod.ReversibleAdjoint });
        StringAssert.Contains(Assert.ThrowsExactly<ArgumentException>(() => cannotReverse.forward(start, Times, path)).Message, nameof(SdeMethods.ReversibleHeun));
        var tooManySteps = new NeuralSde(equation, Fixed(SdeMethods.Heun) with { MaximumSteps = 3 });
        Assert.AreEqual(SolveStatus.MaximumIterations, Assert.ThrowsExactly<SolveFailedException>(() => tooManySteps.forward(start, Times, path)).Status);
        var fails = new FunctionEquation(
            StochasticCalculus.Stratonovich, NoiseKind.Diagonal, (t, y) => is_grad_enabled() ? throw new InvalidOperationException("no graph") : -y, (t, y) => y);
        Assert.AreEqual("no graph", Assert.ThrowsExactly<InvalidOperationException>(() => ImplicitBackward.Run(() => new NeuralSde(fails, Fixed(SdeMethods.Heun)).forward(start, Times, path).sum().backward())).Message);
    }

    [TestMethod]
    public void A_solve_and_its_gradient_leave_no_tensor_behind()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor start = Start();
        Tensor[] parameters = Parameters();
        foreach (SdeGradientMethod gradientMethod in Enum.GetValues<SdeGradientMethod>())
        {
            var layer = new NeuralSde(Equation(parameters, NoiseKind.General, StochasticCalculus.Stratonovich, false), Fixed(SdeMethods.ReversibleHeun) with { GradientMethod = gradientMethod });
            Run(layer, start);
            long before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
            Run(layer, start);
            Assert.AreEqual(before, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
        }

        static void Run(NeuralSde layer, Tensor start)
        {
            using DisposeScope inner = NewDisposeScope();
            ImplicitBackward.Run(() => Loss(layer, start, NoiseKind.General).backward());
        }
    }

    private static Tensor[] Gradients(NoiseKind noise, SdeOptions options)
    {
        Tensor[] parameters = Parameters();
        Tensor start = Start().requires_grad_();
        var layer = new NeuralSde(Equation(parameters, noise, StochasticCalculus.Stratonovich, false), options);
        ImplicitBackward.Run(() => Loss(layer, start, noise).backward());
        return [start.grad!, .. parameters.Select(parameter => parameter.grad!)];
    }

    // A gradient that is to be differentiated again is autograd's through all steps.
    private static Tensor[] Replayed(NoiseKind noise, SdeOptions options)
    {
        Tensor[] parameters = Parameters();
        Tensor start = Start().requires_grad_();
        var layer = new NeuralSde(Equation(parameters, noise, StochasticCalculus.Stratonovich, false), options);
        return [.. autograd.grad([Loss(layer, start, noise)], [start, .. parameters], create_graph: true, retain_graph: true).Select(gradient => gradient.detach())];
    }

    private static Tensor Loss(NeuralSde layer, Tensor start, NoiseKind noise) => layer.forward(start, Times, Path(noise)).pow(2).sum(dim: 2).sum(dim: 1).dot(tensor(new[] { 0.3, 1.0, 0.7 }));

    private static FunctionEquation Equation(Tensor[] p, NoiseKind noise, StochasticCalculus calculus, bool isAdditive) => new(
        calculus,
        noise,
        (t, y) => (y.mm(p[0]) * Math.Cos(t)).tanh(),
        (t, y) => (noise, isAdditive) switch
        {
            (NoiseKind.General, true) => ((1 + t) * p[1]).expand(y.shape[0], 2, 2),
            (NoiseKind.General, _) => p[1] * y.sin().unsqueeze(2),
            (NoiseKind.Diagonal, _) => (p[1][0] * y).sin(),
            _ => y.mm(p[1]).sin(),
        },
        isAdditive,
        p);

    private static Tensor[] Parameters() =>
        [tensor(new[,] { { 0.5, -0.8 }, { 0.9, 0.3 } }).requires_grad_(), tensor(new[,] { { 0.6, 0.2 }, { -0.3, 0.5 } }).requires_grad_()];

    private static Tensor Start() => tensor(new[,] { { 0.4, -0.7 }, { 1.2, 0.1 }, { -0.5, 0.9 } });

    private static BrownianPath Path(NoiseKind noise, int rows = 3) => new(BrownianPath.Seeds(2, rows), noise == NoiseKind.Scalar ? 1 : 2, 0, 1, intervals: 10);

    private static SdeOptions Fixed(SdeMethod method) => new() { Method = method, StepControl = new FixedStepControl(0.1) };

    private sealed class Field : nn.Module<Tensor, Tensor, Tensor>
    {
#pragma warning disable IDE1006 // The name of this field is the name in the state dictionary.
        private readonly nn.Module<Tensor, Tensor> linear = nn.Linear(2, 2, dtype: ScalarType.Float64);
#pragma warning restore IDE1006

        public Field()
            : base(nameof(Field))
        {
            RegisterComponents();
        }

        public override Tensor forward(Tensor time, Tensor state) => linear.forward(state).tanh();
    }

    private sealed class ContextEquation(Tensor context) : StochasticEquation(StochasticCalculus.Stratonovich, NoiseKind.Scalar)
    {
        public override IReadOnlyList<Tensor> Parameters => [context];

        public override Tensor Drift(double time, Tensor state) => -context * state;

        public override Tensor Diffusion(double time, Tensor state) => 0.3 * context * state;

        public override StochasticEquation WithParameters(IReadOnlyList<Tensor> parameters) => new ContextEquation(parameters[0]);
    }
}
