using Microsoft.ML.Implicit.Layers.Ode;
using Microsoft.ML.Implicit.Layers.Ode.Mechanics;
using Microsoft.ML.Implicit.Solvers.Ode;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Tests.Layers.Ode.Mechanics;

[TestClass]
public sealed class ConstrainedDynamicsTests
{
    private static readonly FunctionModule Rod = new(q => q.pow(2).sum(1, keepdim: true) - 1);

    private DisposeScope? _scope;

    [TestInitialize]
    public void Enter() => _scope = NewDisposeScope();

    [TestCleanup]
    public void Leave() => _scope?.Dispose();

    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public void A_weight_on_a_rod_swings_as_the_pendulum_does_and_stays_on_it(bool isHamiltonian)
    {
        // x = sin a, y = -cos a.
        const double angle = 1.2, rate = 0.4;
        ConstrainedDynamics onRod = new(Weight(isHamiltonian), Rod);
        Tensor start = tensor(new[,] { { Math.Sin(angle), -Math.Cos(angle), rate * Math.Cos(angle), rate * Math.Sin(angle) } });
        Tensor expected = new NeuralOde(MechanicalSystems.Pendulum(), Tight).forward(tensor(new[,] { { angle, rate } }), Times).select(2, 0).flatten();
        double[] errors = [.. new[] { 0.1, 0.05 }.Select(size =>
        {
            Tensor states = new NeuralOde(onRod, new OdeOptions { Method = new ConstraintProjection(onRod), StepControl = new FixedStepControl(size) }).forward(start, Times)[.., 0];
            (Tensor value, Tensor change) = onRod.Violation(states);
            Assert.IsLessThan(1e-12, value.abs().max().item<double>());
            Assert.IsLessThan(1e-12, change.abs().max().item<double>());
            return (states[.., 0] - expected.sin()).abs().max().item<double>();
        })];
        Assert.IsLessThan(1e-5, errors[1]);
        Assert.AreEqual(4, Math.Log2(errors[0] / errors[1]), 0.3, "the order of the method");
    }

    [TestMethod]
    public void Gradients_through_projected_steps_equal_finite_differences()
    {
        MechanicalDynamics learned = MechanicalSystems.Create("mass of position", hasFriction: true, hasControl: true);
        var bound = new ConstrainedDynamics(learned, Rod);
        var layer = new NeuralOde(bound, new OdeOptions { Method = new ConstraintProjection(bound, OdeMethods.Midpoint), StepControl = new FixedStepControl(0.25) });
        Tensor start = bound.Project(MechanicalSystems.States(hasControl: true)).detach();
        MechanicalDynamicsTests.AssertGradients(bound, start, from => layer.forward(from, tensor(new[] { 0.0, 0.5 })));
    }

    [TestMethod]
    public void The_forces_of_constraints_do_no_work()
    {
        MechanicalDynamics learned = MechanicalSystems.Create("mass of position");
        var bound = new ConstrainedDynamics(learned, Rod);
        Tensor states = new NeuralOde(bound, Tight).forward(bound.Project(MechanicalSystems.States()).detach(), Times);
        Tensor energies = learned.Energy(states);
        Assert.IsLessThan(1e-7, (energies - energies[0]).abs().max().item<double>());
        Assert.ThrowsExactly<ArgumentException>(() => new ConstrainedDynamics(learned, new FunctionModule(q => q.sum(1))).forward(zeros([], ScalarType.Float64), MechanicalSystems.States()));
    }

    private static Tensor Times => tensor(new[] { 0.0, 1, 2, 4 });

    private static OdeOptions Tight { get; } = new() { Method = OdeMethods.Dopri8, StepControl = new PiStepControl { RelativeTolerance = 1e-11, AbsoluteTolerance = 1e-11 } };

    // A weight of mass 1 in the plane with g = 1.
    private static MechanicalDynamics Weight(bool isHamiltonian)
    {
        using var generator = new Generator(1);
        var height = new ModuleEnergy(new FunctionModule(q => q.select(1, 1)));
        MechanicalDynamics weight = isHamiltonian ? new HamiltonianDynamics(new InertialEnergy(new PositiveDefiniteMatrix(2, generator), height)) : new LagrangianDynamics(new PositiveDefiniteMatrix(2, generator), height);
        weight.to(ScalarType.Float64);
        return weight;
    }
}
