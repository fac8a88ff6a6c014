using Microsoft.ML.Implicit.Differentiation;
using Microsoft.ML.Implicit.Layers.Sde;
using Microsoft.ML.Implicit.Solvers.Ode;
using Microsoft.ML.Implicit.Solvers.Sde;
using Microsoft.ML.Implicit.Solvers.Sde.Brownian;
using TorchSharp;
using static TorchSharp.torch;

namespace Documentation;

/// <summary>Equations, paths and a method of one's own.</summary>
[TestClass]
public sealed class StochasticEquationExamples
{
    private sealed class GeometricBrownianMotion(double drift, double volatility) : StochasticEquation(StochasticCalculus.Ito, NoiseKind.Diagonal)
    {
        public override Tensor Drift(double time, Tensor state) => drift * state;

        public override Tensor Diffusion(double time, Tensor state) => volatility * state;
    }

    private sealed class StochasticMidpoint() : SdeMethod("midpoint")
    {
        public override StochasticCalculus? Calculus => StochasticCalculus.Stratonovich;

        public override double? StrongOrder(StochasticEquation equation) => equation.IsCommutative ? 1 : 0.5;

        public override SdeStepResult Advance(SdeStep interval, Tensor state)
        {
            double time = interval.Time + (interval.Size / 2);
            Tensor drifted = interval.Drifted(state, interval.Drift(interval.Time, state), 0.5);
            Tensor middle = interval.Diffused(drifted, interval.Diffusion(interval.Time, state), interval.W, 0.5);
            return new SdeStepResult(interval.Diffused(interval.Drifted(state, interval.Drift(time, middle)), interval.Diffusion(time, middle), interval.W));
        }
    }

    private sealed class Rotation() : StochasticEquation(StochasticCalculus.Stratonovich, NoiseKind.Scalar)
    {
        public override Tensor Drift(double time, Tensor state) => zeros_like(state);

        public override Tensor Diffusion(double time, Tensor state) => cat([-state[.., 1..], state[.., ..1]], 1);
    }

    private sealed class Drift : nn.Module<Tensor, Tensor, Tensor>
    {
#pragma warning disable IDE1006 // The name of this field is the name in the state dictionary.
        private readonly nn.Module<Tensor, Tensor> linear = nn.Linear(2, 2);
#pragma warning restore IDE1006

        public Drift()
            : base(nameof(Drift))
        {
            RegisterComponents();
        }

        public override Tensor forward(Tensor time, Tensor state) => linear.forward(state).tanh();
    }

    private sealed class Diffusion() : nn.Module<Tensor, Tensor, Tensor>(nameof(Diffusion))
    {
        public override Tensor forward(Tensor time, Tensor state) => 0.1f * state.cos();
    }

    [TestMethod]
    public void Paths_of_geometric_Brownian_motion_have_its_mean()
    {
        using DisposeScope scope = NewDisposeScope();
        var equation = new GeometricBrownianMotion(drift: 0.05, volatility: 0.2);
        var path = new BrownianPath(BrownianPath.Seeds(seed: 1, rows: 1000), channels: 1, start: 0, end: 1, intervals: 252);
        var options = new SdeOptions { Method = SdeMethods.Milstein, StepControl = new FixedStepControl(1.0 / 252) };
        using SdeSolution solution = SdeSolver.Solve(equation, torch.ones(1000, 1), [0, 0.5, 1], path, options);
        Tensor states = solution.States;      // [3, 1000, 1]

        Assert.AreSequenceEqual([3L, 1000, 1], states.shape);
        Assert.AreEqual(Math.Exp(0.05), states[2].mean().item<float>(), 0.03);
    }

    [TestMethod]
    public void A_path_has_increments_and_areas()
    {
        using DisposeScope scope = NewDisposeScope();
        var path = new BrownianPath(BrownianPath.Seeds(seed: 1, rows: 1024), channels: 2, start: 0, end: 1, intervals: 100);
        BrownianIncrement increment = path.Increment(0.25, 0.5);      // W and H, each [1024, 2]

        Assert.AreSequenceEqual([1024L, 2], increment.W.shape);
        Assert.AreSequenceEqual([1024L, 2], increment.H.shape);
    }

    [TestMethod]
    public void A_method_of_ones_own_follows_the_exact_solution()
    {
        using DisposeScope scope = NewDisposeScope();
        var path = new BrownianPath(BrownianPath.Seeds(1, 100), 1, 0, 1);
        var options = new SdeOptions { Method = new StochasticMidpoint(), StepControl = new FixedStepControl(1.0 / 256) };
        using SdeSolution solution = SdeSolver.Solve(new Rotation(), tensor(new[] { 1.0, 0.0 }).expand(100, 2), [0, 1], path, options);

        // Noise turns the state by W.
        Assert.IsLessThan(0.02, (solution.States[1][.., ..1] - path.Increment(0, 1).W.cos()).abs().max().item<double>());
    }

    [TestMethod]
    public void Drift_and_diffusion_are_learned()
    {
        using DisposeScope scope = NewDisposeScope();
        nn.Module<Tensor, Tensor, Tensor> drift = new Drift(), diffusion = new Diffusion();
        var layer = new NeuralSde(drift, diffusion, StochasticCalculus.Stratonovich, NoiseKind.Diagonal, new SdeOptions
        {
            Method = SdeMethods.ReversibleHeun,
            StepControl = new FixedStepControl(0.05),
            GradientMethod = SdeGradientMethod.ReversibleAdjoint,
        });
        var path = new BrownianPath(BrownianPath.Seeds(seed: 1, rows: 64), channels: 2, start: 0, end: 1, intervals: 20);
        Tensor states = layer.forward(torch.ones(64, 2), [0, 0.5, 1], path);      // [3, 64, 2]
        ImplicitBackward.Run(() => states[-1].mean().backward());

        Assert.AreSequenceEqual([3L, 64, 2], states.shape);
        Assert.IsTrue(layer.parameters().All(parameter => parameter.grad is not null));
    }
}
