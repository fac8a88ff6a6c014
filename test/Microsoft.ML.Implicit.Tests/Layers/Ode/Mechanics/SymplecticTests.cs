using Microsoft.ML.Implicit.Layers.Ode;
using Microsoft.ML.Implicit.Layers.Ode.Mechanics;
using Microsoft.ML.Implicit.Solvers.Ode;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Tests.Layers.Ode.Mechanics;

/// <summary>What leapfrog keeps of a separable Hamiltonian system.</summary>
[TestClass]
public sealed class SymplecticTests
{
    private DisposeScope? _scope;

    [TestInitialize]
    public void Enter() => _scope = NewDisposeScope();

    [TestCleanup]
    public void Leave() => _scope?.Dispose();

    [TestMethod]
    public void Its_error_falls_with_the_square_of_the_step()
    {
        Tensor start = tensor(new[,] { { 1.0, 0.5 } });
        Tensor exact = new NeuralOde(MechanicalSystems.Pendulum(), new OdeOptions { Method = OdeMethods.Dopri8, StepControl = new PiStepControl { RelativeTolerance = 1e-13, AbsoluteTolerance = 1e-13 } }).forward(start, tensor(new[] { 0.0, 3 }))[1];
        double[] sizes = [.. Enumerable.Range(0, 5).Select(i => 0.1 / (1 << i))];
        double[] errors = [.. sizes.Select(size => (Layer(MechanicalSystems.Pendulum(), size).forward(start, tensor(new[] { 0.0, 3 }))[1] - exact).norm().item<double>())];
        Assert.AreEqual(2.0, Math.Log(errors[0] / errors[^1]) / Math.Log(sizes[0] / sizes[^1]), 0.05);
    }

    [TestMethod]
    public void It_comes_back_to_where_it_set_out_when_the_momenta_are_turned_around()
    {
        Tensor start = tensor(new[,] { { 1.0, 0.0, 0.1, 0.9 } }), turn = tensor(new[] { 1.0, 1, -1, -1 });
        NeuralOde layer = Layer(MechanicalSystems.Kepler(), 0.05);
        Tensor times = tensor(new[] { 0.0, 20 });
        Tensor end = layer.forward(start, times)[1], back = layer.forward(end * turn, times)[1] * turn;
        Assert.IsLessThan(1e-10, (back - start).abs().max().item<double>());
        Assert.IsLessThan(1e-10, (layer.forward(end, tensor(new[] { 20.0, 0 }))[1] - start).abs().max().item<double>(), "backward in time");
    }

    [TestMethod]
    [DataRow("pendulum")]
    [DataRow("kepler")]
    [DataRow("separable")]
    [DataRow("constant inverse mass")]
    public void Its_map_is_symplectic(string system)
    {
        MechanicalDynamics dynamics = system switch { "pendulum" => MechanicalSystems.Pendulum(), "kepler" => MechanicalSystems.Kepler(), _ => MechanicalSystems.Create(system) };
        int width = system == "pendulum" ? 2 : 4;
        Tensor start = tensor(new[] { 0.9, 0.2, 0.3, 0.7 })[..width].unsqueeze(0);
        Assert.IsLessThan(1e-10, Defect(OdeMethods.Leapfrog));
        Assert.IsGreaterThan(1e-9, Defect(OdeMethods.Ralston), "which other methods are not");

        double Defect(OdeMethod method)
        {
            Tensor variable = start.clone().requires_grad_();
            Tensor end = Layer(dynamics, 0.1, method).forward(variable, tensor(new[] { 0.0, 2 }))[1];
            Tensor jacobian = cat([.. Enumerable.Range(0, width).Select(i => autograd.grad([end[0, i]], [variable], retain_graph: true)[0])]);
            Tensor zero = zeros(width / 2, width / 2, ScalarType.Float64), one = eye(width / 2, dtype: ScalarType.Float64);
            Tensor omega = cat([cat([zero, one], 1), cat([-one, zero], 1)]);
            return (jacobian.t().mm(omega).mm(jacobian) - omega).abs().max().item<double>();
        }
    }

    [TestMethod]
    public void The_energy_of_an_orbit_does_not_drift()
    {
        // The first five revolutions, of eccentricity 0.21, of the run that "quality physics-drift" makes.
        double[] times = [.. Enumerable.Range(0, 51).Select(i => i * 0.9)];
        HamiltonianDynamics kepler = MechanicalSystems.Kepler();
        using OdeSolution solution = Layer(kepler, 0.02).Solve(tensor(new[,] { { 1.0, 0.0, 0.0, 1.1 } }), times);
        Tensor energy = kepler.Energy(solution.States).flatten();
        Tensor error = ((energy - energy[0]) / energy[0]).abs();
        Assert.IsLessThan(1e-4, error.max().item<double>());
        Assert.IsLessThan(1e-5, Math.Abs((error[^10..].mean() - error[..10].mean()).item<double>()), "no trend");
    }

    [TestMethod]
    public void A_solve_in_the_library_equals_the_formula()
    {
        Tensor start = tensor(new[,] { { 1.0, 0.5 } });
        (double q, double p) = (1.0, 0.5);
        for (int i = 0; i < 10; i++)
        {
            p -= 0.05 * Math.Sin(q);
            q += 0.1 * p;
            p -= 0.05 * Math.Sin(q);
        }

        Tensor end = Layer(MechanicalSystems.Pendulum(), 0.1).forward(start, tensor(new[] { 0.0, 1 }))[1];
        Assert.AreEqual(q, end[0, 0].item<double>(), 1e-12);
        Assert.AreEqual(p, end[0, 1].item<double>(), 1e-12);
    }

    private static NeuralOde Layer(MechanicalDynamics dynamics, double size, OdeMethod? method = null) =>
        new(dynamics, new OdeOptions { Method = method ?? OdeMethods.Leapfrog, StepControl = new FixedStepControl(size), MaximumSteps = int.MaxValue });
}
