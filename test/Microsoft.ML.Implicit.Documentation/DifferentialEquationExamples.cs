using Microsoft.ML.Implicit.Differentiation;
using Microsoft.ML.Implicit.Layers.Ode;
using Microsoft.ML.Implicit.Solvers.Ode;
using Microsoft.ML.Implicit.Solvers.Ode.OneStep;
using Microsoft.ML.Implicit.Solvers.Ode.Paths;
using TorchSharp;
using static TorchSharp.torch;

namespace Documentation;

/// <summary>Terms, a method and a step control as short as they get.</summary>
[TestClass]
public sealed class DifferentialEquationExamples
{
    private sealed class Oscillator : IOdeTerm
    {
        public Tensor Evaluate(double time, Tensor state)
        {
            (Tensor position, Tensor velocity) = (state.narrow(1, 0, 1), state.narrow(1, 1, 1));
            return torch.cat([velocity, -position - (0.1f * velocity)], 1);
        }
    }

    private sealed class Growth(Tensor rate) : IDifferentiableOdeTerm
    {
        public IReadOnlyList<Tensor> Parameters => [rate];

        public Tensor Evaluate(double time, Tensor state) => rate * state;

        public OdeLinearization Linearize(double time, Tensor state) => new AtPoint(rate.detach(), state.alias(), Evaluate(time, state).detach());

        private sealed class AtPoint(Tensor rate, Tensor state, Tensor value) : OdeLinearization
        {
            private readonly Tensor[] _owned = [rate.DetachFromDisposeScope(), state.DetachFromDisposeScope(), value.DetachFromDisposeScope()];

            public override Tensor Value => value;

            public override Tensor Pullback(Tensor cotangent, Tensor? parameterGradient)
            {
                parameterGradient?.add_((cotangent * state).sum());
                return rate * cotangent;
            }

            protected override void Dispose(bool disposing) => Array.ForEach(_owned, tensor => tensor.Dispose());
        }
    }

    private sealed class MyHeun() : OneStepMethod("MyHeun", order: 2, embeddedOrder: 1)
    {
        public override OneStepResult Advance(IOdeTerm term, double time, double size, Tensor state)
        {
            Tensor first = term.Evaluate(time, state);
            Tensor second = term.Evaluate(time + size, state + (size * first));
            Tensor correction = (second - first) * (size / 2);
            return new OneStepResult(state + (size * first) + correction, correction);
        }
    }

    private sealed record HalvingControl : AdaptiveStepControl
    {
        protected override StepSizeController CreateController(int embeddedOrder) => new Halving(Math.Pow(0.5, embeddedOrder + 1));

        private sealed class Halving(double smallError) : StepSizeController
        {
            public override double Accept(double weightedError) => weightedError < smallError ? 2 : 1;

            public override double Reject(double weightedError) => 0.5;
        }
    }

    private sealed class Wave(Tensor frequency) : ControlPath
    {
        public override IReadOnlyList<Tensor> Inputs => [frequency];

        public override Tensor Derivative(Tensor times, IReadOnlyList<Tensor> inputs) => (inputs[0] * (inputs[0] * times).cos()).unsqueeze(1);
    }

    private sealed class FirstChannel() : nn.Module<Tensor, Tensor, Tensor>(nameof(FirstChannel))
    {
        public override Tensor forward(Tensor time, Tensor state) => torch.stack([torch.ones_like(state), torch.zeros_like(state)], 2);
    }

    private sealed class OneChannel() : nn.Module<Tensor, Tensor, Tensor>(nameof(OneChannel))
    {
        public override Tensor forward(Tensor time, Tensor state) => torch.ones_like(state).unsqueeze(2);
    }

    [TestMethod]
    public void A_state_follows_the_channel_that_drives_it()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor initialState = torch.zeros(1, 1);
        Tensor observations = torch.tensor(new[] { 1f, 5f, 2f, 4f, -1f, 3f, 0.5f, 2f }).view(1, 4, 2);
        nn.Module<Tensor, Tensor, Tensor> field = new FirstChannel();

        Tensor times = torch.tensor(new[] { 0f, 1f, 2.5f, 3f });
        var path = new NaturalCubicSpline(times, observations);      // observations [batch, 4, 2]
        var layer = new NeuralOde(new ControlledDynamics(field, path));
        Tensor end = layer.forward(initialState, torch.tensor(new[] { 0f, 3f }))[1];
        Assert.AreEqual(-0.5, end.item<float>(), 1e-4);
    }

    [TestMethod]
    public void Paths_lead_through_observations()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor observations = torch.rand(1, 4, 2);
        AssertChannels(2, Hermite());
        AssertChannels(2, Linear());
        AssertChannels(3, Rectilinear());
        observations = torch.rand(1, 1000, 2);
        AssertChannels(3, Signatures());

        ControlPath Hermite()
        {
            var path = new HermitePath(torch.tensor(new[] { 0f, 1f, 2.5f, 3f }), observations);      // observations [batch, 4, 2]
            return path;
        }

        ControlPath Linear()
        {
            var path = new LinearPath(torch.tensor(new[] { 0f, 1f, 2.5f, 3f }), observations);      // observations [batch, 4, 2]
            return path;
        }

        ControlPath Rectilinear()
        {
            var path = new RectilinearPath(torch.tensor(new[] { 0f, 1f, 2.5f, 3f }), observations);      // observations [batch, 4, 2], path of 3 channels from 0 to 6
            return path;
        }

        ControlPath Signatures()
        {
            // observations [batch, 1000, 2], in 50 windows; path of 3 channels
            var path = new LogSignaturePath(torch.linspace(0, 1, 1000), observations, windows: 50, depth: 2);
            return path;
        }

        static void AssertChannels(long channels, ControlPath path) =>
            Assert.AreEqual(channels, path.Derivative(torch.tensor(new[] { 0.5 }), path.Inputs).shape[1]);
    }

    [TestMethod]
    public void A_frequency_is_learned_through_a_path_of_ones_own()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor frequency = torch.tensor(2f).requires_grad_();
        var layer = new NeuralOde(new ControlledDynamics(new OneChannel(), new Wave(frequency)));
        Tensor end = layer.forward(torch.zeros(1, 1), torch.tensor(new[] { 0f, 1f }))[1];
        ImplicitBackward.Run(() => end.sum().backward());

        // The state is sin(frequency · time).
        Assert.AreEqual(Math.Sin(2), end.item<float>(), 1e-4);
        Assert.AreEqual(Math.Cos(2), frequency.grad!.item<float>(), 1e-3);
    }

    [TestMethod]
    public void A_term_needs_only_values_to_be_solved()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor start = torch.tensor(new[,] { { 1f, 0f }, { 0f, 2f } });
        using OdeSolution solution = OdeSolver.Solve(new Oscillator(), start, [0, 1, 2], new OdeOptions { Method = OdeMethods.Tsit5 });
        Tensor states = solution.States;      // [3, 2, 2]

        // x = e^(-t/20) (cos ωt + sin ωt / (20 ω)), ω² = 1 - 1/400.
        double frequency = Math.Sqrt(1 - (1.0 / 400));
        Assert.AreSequenceEqual([3L, 2, 2], states.shape);
        Assert.AreEqual(Math.Exp(-0.1) * (Math.Cos(2 * frequency) + (Math.Sin(2 * frequency) / (20 * frequency))), states[2, 0, 0].item<float>(), 1e-5);
    }

    [TestMethod]
    public void A_term_in_closed_form_gives_the_gradient_of_its_rate()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor rate = torch.tensor(0.5f).requires_grad_();
        using OdeSolution solution = OdeSolver.Solve(new Growth(rate), torch.ones(1, 1), [0, 1], differentiable: true);
        using OdeGradients gradients = solution.Backward(torch.ones_like(solution.States));

        Assert.AreEqual(Math.Exp(0.5), gradients.Parameters.item<float>(), 1e-4);
        Assert.AreEqual(1 + Math.Exp(0.5), gradients.InitialState.item<float>(), 1e-4);
    }

    [TestMethod]
    public void A_method_of_ones_own_solves_to_the_tolerance()
    {
        var options = new OdeOptions { Method = new MyHeun() };

        AssertDecays(options);
    }

    [TestMethod]
    public void A_step_control_of_ones_own_solves_to_the_tolerance()
    {
        var options = new OdeOptions { StepControl = new HalvingControl { RelativeTolerance = 1e-4 } };

        AssertDecays(options);
    }

    private static void AssertDecays(OdeOptions options)
    {
        using DisposeScope scope = NewDisposeScope();
        using OdeSolution solution = OdeSolver.Solve(new Growth(tensor(-1.0)), ones(1, 1, ScalarType.Float64), [0, 1], options);
        Assert.AreEqual(Math.Exp(-1), solution.States[1].item<double>(), 1e-3);
    }
}
