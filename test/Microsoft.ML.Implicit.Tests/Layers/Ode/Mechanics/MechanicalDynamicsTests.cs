using Microsoft.ML.Implicit.Layers.Ode;
using Microsoft.ML.Implicit.Layers.Ode.Mechanics;
using Microsoft.ML.Implicit.Solvers.Ode;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Tests.Layers.Ode.Mechanics;

[TestClass]
public sealed class MechanicalDynamicsTests
{
    private DisposeScope? _scope;

    public static IEnumerable<object[]> Systems => MechanicalSystems.Names.Select(name => new object[] { name });

    [TestInitialize]
    public void Enter() => _scope = NewDisposeScope();

    [TestCleanup]
    public void Leave() => _scope?.Dispose();

    [TestMethod]
    [DynamicData(nameof(Systems))]
    public void The_energy_is_constant_along_solutions(string system)
    {
        MechanicalDynamics dynamics = MechanicalSystems.Create(system);
        var tight = new OdeOptions { Method = OdeMethods.Dopri8, StepControl = new PiStepControl { RelativeTolerance = 1e-11, AbsoluteTolerance = 1e-11 } };
        Tensor states = new NeuralOde(dynamics, tight).forward(MechanicalSystems.States(), tensor(new[] { 0.0, 1, 3, 10 }));
        Tensor energies = dynamics.Energy(states);
        Assert.IsLessThan(1e-8, (energies - energies[0]).abs().max().item<double>());
        Assert.IsGreaterThan(0.1, (states[3] - states[0]).abs().max().item<double>(), "something moved");
    }

    [TestMethod]
    [DynamicData(nameof(Systems))]
    public void Controls_and_friction_change_the_energy_by_their_power(string system)
    {
        MechanicalDynamics free = MechanicalSystems.Create(system), damped = MechanicalSystems.Create(system, hasFriction: true), controlled = MechanicalSystems.Create(system, hasControl: true);
        Tensor phase = MechanicalSystems.States();
        Tensor velocity = free.Velocity(phase);
        Assert.IsTrue(Power(damped, phase).lt(0).all().item<bool>(), "friction takes energy");

        Tensor state = MechanicalSystems.States(hasControl: true);
        Tensor rate = controlled.forward(zeros([], ScalarType.Float64), state);
        Assert.AreEqual(0, rate.narrow(1, 4, 1).abs().max().item<double>());
        Assert.AreEqual(0, (controlled.Velocity(phase) - rate.narrow(1, 0, 2)).abs().max().item<double>(), 1e-12);
        Assert.IsTrue(state.shape.SequenceEqual(rate.shape));
        Assert.IsTrue(velocity.shape.SequenceEqual([3L, 2]));

        // The power of the control, uᵀ gᵀ v, is linear in it.
        Tensor none = cat([phase, zeros(3, 1, ScalarType.Float64)], 1), twice = cat([phase, state.narrow(1, 4, 1) * 2], 1);
        Assert.AreEqual(0, Power(controlled, none).abs().max().item<double>(), 1e-9);
        Assert.AreEqual(0, (Power(controlled, twice) - (Power(controlled, state) * 2)).abs().max().item<double>(), 1e-9);
        Assert.IsGreaterThan(1e-3, Power(controlled, state).abs().max().item<double>());
    }

    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public void A_damped_and_driven_oscillator_moves_as_its_solution_says(bool isHamiltonian)
    {
        // d²q/dt² = -q - 0.3 dq/dt + 0.7 u.
        const double damping = 0.3, gain = 0.7, drive = 1.5;
        using var generator = new Generator(1);
        var friction = new PositiveDefiniteMatrix(1, generator, initialValue: damping);
        var control = new ControlMatrix(1, 1, generator);
        using (no_grad())
        {
            control.parameters().Single().fill_(gain);
        }

        MechanicalDynamics dynamics = isHamiltonian
            ? new HamiltonianDynamics(new ModuleEnergy(new FunctionModule(x => x.pow(2).sum(1) / 2)), friction, control)
            : new LagrangianDynamics(new PositiveDefiniteMatrix(1, generator), new ModuleEnergy(new FunctionModule(q => q.pow(2).sum(1) / 2)), friction, control);
        dynamics.to(ScalarType.Float64);
        double[] times = [0, 0.5, 2, 7];
        var tight = new OdeOptions { Method = OdeMethods.Dopri8, StepControl = new PiStepControl { RelativeTolerance = 1e-12, AbsoluteTolerance = 1e-12 } };
        Tensor states = new NeuralOde(dynamics, tight).forward(tensor(new[,] { { 0.8, -0.4, drive } }), tensor(times));
        double rest = gain * drive, frequency = Math.Sqrt(1 - (damping * damping / 4)), cosine = 0.8 - rest, sine = (-0.4 + (damping / 2 * cosine)) / frequency;
        for (int i = 0; i < times.Length; i++)
        {
            double expected = rest + (Math.Exp(-damping / 2 * times[i]) * ((cosine * Math.Cos(frequency * times[i])) + (sine * Math.Sin(frequency * times[i]))));

            // Parameters start in float32.
            Assert.AreEqual(expected, states[i, 0, 0].item<double>(), 1e-6, $"{times[i]}");
        }
    }

    [TestMethod]
    [DynamicData(nameof(Systems))]
    public void Gradients_of_a_rollout_equal_finite_differences(string system)
    {
        MechanicalDynamics dynamics = MechanicalSystems.Create(system, hasFriction: true, hasControl: true);
        foreach (OdeMethod method in (OdeMethod[])[OdeMethods.RungeKutta4, OdeMethods.Ralston])
        {
            var layer = new NeuralOde(dynamics, new OdeOptions { Method = method, StepControl = new FixedStepControl(0.25) });
            AssertGradients(dynamics, MechanicalSystems.States(hasControl: true), start => layer.forward(start, tensor(new[] { 0.0, 0.25, 0.5 })));
        }
    }

    [TestMethod]
    [DynamicData(nameof(Systems))]
    public void Second_derivatives_of_a_rollout_equal_differences_of_the_gradient(string system)
    {
        MechanicalDynamics dynamics = MechanicalSystems.Create(system);
        var layer = new NeuralOde(dynamics, new OdeOptions { Method = OdeMethods.Ralston, StepControl = new FixedStepControl(0.5) });
        Tensor start = MechanicalSystems.States().requires_grad_();

        // A constant that is added to an energy changes no force.
        Tensor[] variables = [start, .. dynamics.parameters()];
        Tensor[] inputs = [.. autograd.grad([Loss()], variables, allow_unused: true).Zip(variables).Where(pair => pair.First.count_nonzero().item<long>() > 0).Select(pair => pair.Second)];
        Tensor[] directions = [.. inputs.Select((input, i) => (arange(input.numel(), dtype: ScalarType.Float64) + i).cos().view(input.shape))];
        Tensor[] products = HessianProducts.Of(Loss(), inputs, directions);
        for (int i = 0; i < inputs.Length; i++)
        {
            Tensor difference = (GradientAt(1e-5)[i] - GradientAt(-1e-5)[i]) / 2e-5;
            Assert.IsLessThan(1e-6, (difference - products[i]).abs().max().item<double>(), $"input {i}");
        }

        Tensor Loss() => layer.forward(start, tensor(new[] { 0.0, 1.0 }))[1].pow(3).sum();

        Tensor[] GradientAt(double step)
        {
            Move(step);
            Tensor[] gradient = [.. autograd.grad([Loss()], inputs)];
            Move(-step);
            return gradient;
        }

        void Move(double step)
        {
            using IDisposable noGraph = no_grad();
            foreach ((Tensor input, Tensor direction) in inputs.Zip(directions))
            {
                input.add_(direction, alpha: step);
            }
        }
    }

    [TestMethod]
    [DynamicData(nameof(Systems))]
    public void Rows_do_not_depend_on_one_another(string system)
    {
        MechanicalDynamics dynamics = MechanicalSystems.Create(system, hasFriction: true, hasControl: true);
        Tensor states = MechanicalSystems.States(hasControl: true), time = zeros([], ScalarType.Float64);
        Tensor alone = dynamics.forward(time, states[1..2]);
        Assert.IsLessThan(1e-13, (dynamics.forward(time, states)[1..2] - alone).abs().max().item<double>());
    }

    [TestMethod]
    public void A_lagrangian_gives_the_accelerations_of_the_double_pendulum()
    {
        // Masses and lengths 1, g = 9.8: M = [[2, c], [c, 1]] with c = cos(q₁ - q₂), V = -g (2 cos q₁ + cos q₂).
        const double g = 9.8;
        Tensor state = tensor(new[,] { { 0.7, -0.4, 1.1, -0.6 }, { 2.5, 1.0, -0.3, 2.0 } }), expected = DoublePendulum(state, g);
        Tensor q = state[.., ..2].clone().requires_grad_(), v = state[.., 2..].clone().requires_grad_();
        Tensor lagrangian = v[.., 0].pow(2) + (v[.., 1].pow(2) / 2) + (v[.., 0] * v[.., 1] * (q[.., 0] - q[.., 1]).cos()) + (g * ((2 * q[.., 0].cos()) + q[.., 1].cos()));
        Assert.IsLessThan(1e-10, (EulerLagrange(lagrangian, q, v) - expected).abs().max().item<double>(), "the formula of the books");

        // The same check of a learned Lagrangian, by its own energy: L = vᵀMv / 2 - V, where E = vᵀMv / 2 + V.
        MechanicalDynamics learned = MechanicalSystems.Create("mass of position");
        Tensor kinetic = learned.Energy(cat([q, v], 1)) - learned.Energy(cat([q, zeros_like(v)], 1));
        Tensor learnedLagrangian = kinetic - learned.Energy(cat([q, zeros_like(v)], 1));
        Tensor accelerations = learned.forward(zeros([], ScalarType.Float64), state)[.., 2..];
        Assert.IsLessThan(1e-10, (EulerLagrange(learnedLagrangian, q, v) - accelerations).abs().max().item<double>());
    }

    [TestMethod]
    public void A_whole_turn_of_an_angle_changes_nothing()
    {
        MechanicalDynamics dynamics = MechanicalSystems.Create("angles");
        Tensor state = MechanicalSystems.States(), turned = state + tensor(new[,] { { 0, 2 * Math.PI, 0, 0 } }), time = zeros([], ScalarType.Float64);
        Assert.IsLessThan(1e-12, (dynamics.forward(time, state) - dynamics.forward(time, turned)).abs().max().item<double>());
        Assert.IsGreaterThan(1e-3, (MechanicalSystems.Create("mass of position").forward(time, state) - MechanicalSystems.Create("mass of position").forward(time, turned)).abs().max().item<double>());
    }

    [TestMethod]
    public void What_does_not_fit_is_refused_by_a_message_that_says_how()
    {
        using var generator = new Generator(1);
        var energy = new PerceptronEnergy(2, [4], generator);
        Tensor time = zeros([]);
        Assert.ThrowsExactly<ArgumentException>(() => new HamiltonianDynamics(energy).forward(time, ones(2, 3)));
        Assert.ThrowsExactly<ArgumentException>(() => new HamiltonianDynamics(energy, control: new ControlMatrix(1, 2, generator)).forward(time, ones(2, 2)));
        StringAssert.Contains(
            Assert.ThrowsExactly<ArgumentException>(() => new LagrangianDynamics(new PositiveDefiniteMatrix(3, generator), energy).forward(time, ones(2, 2))).Message, "[rows, 3]", StringComparison.Ordinal);
        StringAssert.Contains(
            Assert.ThrowsExactly<ArgumentException>(() => new ModuleEnergy(new FunctionModule(x => x)).Gradient(ones(2, 2))).Message, "FunctionModule", StringComparison.Ordinal);
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => new PerceptronEnergy(2, [4], generator, angles: [2]));
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => new PerceptronEnergy(2, [0], generator));
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => new PositiveDefiniteMatrix(2, generator, initialValue: 0));
    }

    internal static void AssertGradients(nn.Module dynamics, Tensor start, Func<Tensor, Tensor> rollout)
    {
        Tensor variable = start.clone().requires_grad_();
        Tensor states = rollout(variable);
        Tensor weights = arange(states.numel(), dtype: ScalarType.Float64).view(states.shape).sin();
        (states * weights).sum().backward();
        foreach ((string name, Tensor input) in dynamics.named_parameters().Select(entry => (entry.name, (Tensor)entry.parameter)).Append(("start", variable)))
        {
            Tensor direction = arange(input.numel(), dtype: ScalarType.Float64).cos().view(input.shape);
            double slope = input.grad is null ? 0 : (input.grad * direction).sum().item<double>();
            Assert.AreEqual((At(1e-5) - At(-1e-5)) / 2e-5, slope, 1e-7 * (1 + Math.Abs(slope)), name);
            input.grad = null;

            double At(double step)
            {
                using IDisposable noGraph = no_grad();
                input.add_(direction, alpha: step);
                double loss = (rollout(variable) * weights).sum().item<double>();
                input.add_(direction, alpha: -step);
                return loss;
            }
        }
    }

    private static Tensor Power(MechanicalDynamics dynamics, Tensor state)
    {
        Tensor variable = state.clone().requires_grad_();
        Tensor slope = autograd.grad([dynamics.Energy(variable).sum()], [variable])[0];
        return (slope * dynamics.forward(zeros([], ScalarType.Float64), state)).sum(1);
    }

    private static Tensor EulerLagrange(Tensor lagrangian, Tensor q, Tensor v)
    {
        Tensor force = autograd.grad([lagrangian.sum()], [q], create_graph: true, retain_graph: true)[0];
        Tensor momentum = autograd.grad([lagrangian.sum()], [v], create_graph: true, retain_graph: true)[0];
        Tensor Row(int i, Tensor variable) => autograd.grad([momentum[.., i].sum()], [variable], create_graph: true, retain_graph: true)[0];
        Tensor mass = stack([Row(0, v), Row(1, v)], 1), mixed = stack([Row(0, q), Row(1, q)], 1);
        return linalg.solve(mass, (force - mixed.matmul(v.unsqueeze(2)).squeeze(2)).unsqueeze(2)).squeeze(2).detach();
    }

    private static Tensor DoublePendulum(Tensor state, double g)
    {
        (Tensor a, Tensor b, Tensor u, Tensor w) = (state[.., 0], state[.., 1], state[.., 2], state[.., 3]);
        Tensor difference = a - b, sine = difference.sin(), cosine = difference.cos();
        Tensor first = (-2 * g * a.sin()) - (w.pow(2) * sine), second = (-g * b.sin()) + (u.pow(2) * sine);
        Tensor determinant = 2 - cosine.pow(2);
        return stack([(first - (cosine * second)) / determinant, ((2 * second) - (cosine * first)) / determinant], 1);
    }
}
