using Microsoft.ML.Implicit.Differentiation;
using Microsoft.ML.Implicit.Layers.Equilibrium;
using Microsoft.ML.Implicit.Layers.Flow;
using Microsoft.ML.Implicit.Layers.Ode;
using Microsoft.ML.Implicit.Layers.Quadratic;
using Microsoft.ML.Implicit.Solvers.FixedPoint;
using Microsoft.ML.Implicit.Solvers.Ode;
using Microsoft.ML.Implicit.Solvers.Ode.Rowwise;
using Microsoft.ML.Implicit.Solvers.Quadratic;
using TorchSharp;
using static TorchSharp.torch;

namespace Documentation;

/// <summary>The code of docs/layers-and-solvers.md about layers.</summary>
[TestClass]
public sealed class LayerExamples
{
    private readonly DisposeScope _scope = NewDisposeScope();

    [TestCleanup]
    public void CloseScope() => _scope.Dispose();

    [TestMethod]
    public void A_neural_ode_is_a_layer()
    {
        using var generator = new Generator(1);
        var dynamics = new MlpDynamics(dimension: 2, hiddenWidths: [32], generator);
        var layer = new NeuralOde(dynamics);
        Tensor start = randn(64, 2, generator: generator);
        Tensor times = tensor(new[] { 0.0, 0.5, 1.0 });
        Tensor states = layer.forward(start, times);                // [3, 64, 2]
        ImplicitBackward.Run(() => states[-1].pow(2).mean().backward());

        Assert.AreSequenceEqual([3L, 64, 2], states.shape);
        Assert.IsGreaterThan(0f, dynamics.Weights[0].grad!.norm().item<float>());

        var options = new OdeOptions
        {
            Method = OdeMethods.Tsit5,
            StepControl = new PiStepControl { RelativeTolerance = 1e-5, AbsoluteTolerance = 1e-7 },
            GradientMethod = OdeGradientMethod.BacksolveAdjoint,
        };
        var fixedSteps = new OdeOptions { Method = OdeMethods.RungeKutta4, StepControl = new FixedStepControl(0.05) };

        Assert.IsTrue(new NeuralOde(dynamics, options).forward(start, times).allclose(new NeuralOde(dynamics, fixedSteps).forward(start, times), 1e-3, 1e-4));

        using OdeSolution solution = layer.Solve(start, [0, 0.5, 1]);
        Console.WriteLine($"{solution.Statistics.AcceptedSteps} steps, {solution.Statistics.Evaluations} evaluations, all rows solved: {solution.Converged}");

        Assert.IsTrue(solution.Converged);
    }

    [TestMethod]
    public void A_right_hand_side_is_a_module_or_a_term()
    {
        var layer = new NeuralOde(new Decay());
        Tensor states = layer.forward(ones(1, 1, dtype: ScalarType.Float64), tensor(new[] { 0.0, 2.0 }));

        Assert.AreEqual(Math.Exp(-2), states[1, 0, 0].item<double>(), 1e-5);

        var term = new AutogradOdeTerm(new Decay());
        using OdeSolution solution = OdeSolver.Solve(term, ones(1, 1, dtype: ScalarType.Float64), [0, 2], differentiable: true);
        using OdeGradients gradients = solution.Backward(ones_like(solution.States));

        Assert.AreEqual(1 + Math.Exp(-2), gradients.InitialState[0, 0].item<double>(), 1e-5);
    }

    [TestMethod]
    public void Rows_step_by_themselves_and_stop_at_events()
    {
        var fall = new NeuralOde(new Fall());
        Tensor start = tensor(new[] { 1.0, 0.0, 4.0, 0.0 }, [2, 2]);    // height and velocity of two stones
        var ground = new OdeEvent((_, state) => state.select(1, 0), EventDirection.Falling);
        using OdeSolution landing = fall.Solve(start, [[0, 10], [0, 10]], stopEvent: ground);
        Console.WriteLine($"landed after {landing.EventTimes![0]:F3} and {landing.EventTimes[1]:F3} seconds");

        Assert.AreEqual(Math.Sqrt(2 / 9.81), landing.EventTimes[0], 1e-5);
        Assert.AreEqual(Math.Sqrt(8 / 9.81), landing.EventTimes[1], 1e-5);

        using OdeSolution rows = OdeSolver.Solve(new AutogradOdeTerm(new Fall()), start, [[0, 0.1], [0, 0.2]]);

        Assert.AreEqual(1 - (9.81 * 0.005), rows.States[1, 0, 0].item<double>(), 1e-6);
    }

    [TestMethod]
    public void A_state_can_have_parts_and_dynamics_penalties()
    {
        using var generator = new Generator(1);
        var layout = new OdeStateLayout([2], [3]);
        var layer = new NeuralOde(new TupleDynamics(new Exchange(), layout));
        Tensor start = layout.Join(ones(4, 2), zeros(4, 3));
        Tensor states = layer.forward(start, tensor(new[] { 0.0, 1.0 }));
        IReadOnlyList<Tensor> parts = layout.Split(states);

        Assert.AreSequenceEqual([2L, 4, 3], parts[1].shape);

        var penalized = new PenalizedModule(new MlpDynamics(2, [16], generator), DynamicsPenalties.KineticEnergy);
        Tensor extended = new NeuralOde(penalized).forward(penalized.Extend(ones(4, 2)), tensor(new[] { 0.0, 1.0 }))[-1];
        Tensor energy = extended[.., 2..].mean();                       // add it, weighted, to the loss

        Assert.IsGreaterThan(0f, energy.item<float>());
    }

    [TestMethod]
    public void An_equilibrium_is_a_layer()
    {
        using var generator = new Generator(1);
        var cell = new DenseResidualCell(inputWidth: 8, hiddenWidth: 32, generator);
        var layer = new DeepEquilibrium(cell, new EquilibriumSettings
        {
            ForwardSolver = new AndersonSolver(new AndersonSettings { Memory = 5, RelativeTolerance = 1e-4, MaximumIterations = 40 }),
            BackwardSolver = new BroydenSolver(),
        });
        Tensor x = randn(16, 8, generator: generator);
        Tensor z = layer.forward(x);
        Tensor features = cell.Readout(z);
        ImplicitBackward.Run(() => features.pow(2).mean().backward());

        Assert.AreEqual(cell.FeatureWidth, features.shape[1]);

        EquilibriumBackward step = layer.Backward(x, equilibrium => cell.Readout(equilibrium).pow(2).mean());
        Console.WriteLine($"loss {step.Loss:F4}, {step.Equilibrium.Iterations} iterations forward, {step.Adjoint!.Iterations} backward");

        Assert.IsTrue(step.Equilibrium.AllConverged);

        Tensor penalty = JacobianRegularization.FrobeniusNorm(cell, z, x, generator);

        Assert.IsGreaterThan(0f, penalty.item<float>());

        var tanh = new TanhCell(randn(4, 4, generator: generator) * 0.2, randn(8, 4, generator: generator), zeros(4));
        Tensor equilibria = new DeepEquilibrium(tanh).forward(x);

        Assert.IsTrue(equilibria.allclose(tanh.forward(equilibria, x), 1e-2, 1e-3));

        var images = new MultiscaleConvolutionalCell(channels: 1, height: 8, width: 8, scaleWidths: [8, 16], generator);
        Tensor perImage = images.Readout(new DeepEquilibrium(images).forward(randn(2, 64, generator: generator)));

        Assert.AreEqual(images.FeatureWidth, perImage.shape[1]);
    }

    [TestMethod]
    public void A_flow_has_densities_and_samples()
    {
        using var generator = new Generator(1);
        var dynamics = new FlowDynamics(dimension: 2, hiddenWidths: [32, 32], generator);
        var flow = new NormalizingFlow(dynamics);
        Tensor data = randn(128, 2, generator: generator) * 0.5;
        using var optimizer = optim.Adam(flow.parameters(), lr: 0.01);
        for (int step = 0; step < 5; step++)
        {
            optimizer.zero_grad();
            flow.Backward(data, generator);
            optimizer.step();
        }

        Tensor logDensities = flow.LogDensity(data);                    // [128], in nats
        Tensor rows = flow.Sample(10, generator);
        using FlowEncoding encoding = flow.Encode(data);
        Tensor back = flow.Decode(encoding.Latent);

        Assert.AreSequenceEqual([128L], logDensities.shape);
        Assert.AreSequenceEqual([10L, 2], rows.shape);
        Assert.IsTrue(back.allclose(data, 1e-2, 1e-3));
    }

    [TestMethod]
    public void A_quadratic_program_is_a_layer()
    {
        var layer = new QuadraticProgram();
        Tensor p = tensor(new[] { 0.3, -1.0, 0.5, 1.0, 1.0, -2.0 }, [2, 3], requires_grad: true);

        // The nearest point of the simplex to −p: minimise ½ ‖z‖² + pᵀz subject to Σ z = 1 and z ≥ 0, for each row of p.
        var problem = new QuadraticProblem(
            q: eye(3, dtype: ScalarType.Float64), p, a: ones(1, 3, ScalarType.Float64), b: ones(1, ScalarType.Float64), lower: zeros(3, ScalarType.Float64));
        QuadraticOutputs outputs = layer.forward(problem);
        ImplicitBackward.Run(() => outputs.Z.pow(2).sum().backward());

        Assert.IsTrue(outputs.Z.sum(1).allclose(ones(2, ScalarType.Float64)));
        Assert.AreEqual(0, p.grad!.sum().item<double>(), 1e-6);

        QuadraticSolution solution = new InteriorPointSolver().Solve(problem);
        QuadraticSolution bySplitting = new OperatorSplittingSolver().Solve(problem);
        Console.WriteLine($"{solution.Status[0]} after {solution.Iterations[0]} iterations, objective {solution.Objective[0].item<double>():F3}");

        Assert.IsTrue(solution.Z.allclose(bySplitting.Z, 1e-3, 1e-3));
    }

    [TestMethod]
    public void Solutions_have_second_derivatives()
    {
        var layer = new NeuralOde(new Decay());
        Tensor start = ones(1, 1, dtype: ScalarType.Float64).requires_grad_();
        Tensor end = layer.forward(start, tensor(new[] { 0.0, 1.0 }))[1];
        Tensor energy = end.pow(2).sum();
        Tensor slope = autograd.grad([energy], [start], create_graph: true, retain_graph: true)[0];
        Tensor curvature = autograd.grad([slope.sum()], [start])[0];

        Assert.AreEqual(2 * Math.Exp(-2), curvature.item<double>(), 1e-4);
    }

    /// <summary>dz/dt = −z.</summary>
    private sealed class Decay() : nn.Module<Tensor, Tensor, Tensor>("decay")
    {
        public override Tensor forward(Tensor time, Tensor state) => -state;
    }

    private sealed class Fall() : nn.Module<Tensor, Tensor, Tensor>("fall")
    {
        public override Tensor forward(Tensor time, Tensor state) => cat([state[.., 1..], full_like(state[.., 1..], -9.81)], 1);
    }

    private sealed class Exchange() : nn.Module<Tensor, IReadOnlyList<Tensor>, IReadOnlyList<Tensor>>("exchange")
    {
        public override IReadOnlyList<Tensor> forward(Tensor time, IReadOnlyList<Tensor> parts) => [-parts[0], parts[0].sum(1, keepdim: true) - parts[1]];
    }
}
