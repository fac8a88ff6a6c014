using Microsoft.ML.Implicit.Estimators;
using Microsoft.ML.Implicit.Layers.Ode.Mechanics;
using Microsoft.ML.Implicit.Solvers.Ode;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Tests.Estimators.Mechanics;

[TestClass]
public sealed class ManagedMotionTests
{
    // One more than are evaluated together.
    private const int Rows = 9;
    private const int Pieces = 3;

    [TestMethod]
    [DataRow(MechanicsForm.Newtonian, false)]
    [DataRow(MechanicsForm.Newtonian, true)]
    [DataRow(MechanicsForm.Lagrangian, false)]
    [DataRow(MechanicsForm.Lagrangian, true)]
    [DataRow(MechanicsForm.SeparableHamiltonian, true)]
    [DataRow(MechanicsForm.InertialHamiltonian, true)]
    [DataRow(MechanicsForm.Hamiltonian, false)]
    [DataRow(MechanicsForm.Hamiltonian, true)]
    [DataRow(MechanicsForm.Newtonian, false, 1)]
    [DataRow(MechanicsForm.SeparableHamiltonian, true, 1)]
    public void Motions_and_gradients_in_managed_memory_equal_those_of_tensor_operations(MechanicsForm form, bool isForced, int coordinatesPerBody = 0)
    {
        using DisposeScope scope = NewDisposeScope();
        using var generator = new Generator(4);
        var architecture = new MechanicsArchitecture(
            form, Positions: 2, Angles: coordinatesPerBody > 0 ? [] : [1], Controls: isForced ? 2 : 0, HasFriction: isForced, coordinatesPerBody, HiddenWidth: 7, HiddenLayers: 2);
        MechanicalDynamics dynamics = architecture.CreateDynamics(generator);
        Assert.IsNotNull(dynamics.Compile(2));
        Tensor starts = randn([Rows, 4], ScalarType.Float64, generator: generator);
        Tensor lengths = randn([Pieces, Rows, 1], ScalarType.Float64, generator: generator) * 0.3;
        Tensor? controls = isForced ? randn([Pieces, Rows, 2], ScalarType.Float64, generator: generator) : null;
        Tensor cotangents = randn([Pieces + 1, Rows, 4], ScalarType.Float64, generator: generator);
        foreach (ExplicitRungeKutta method in new[] { OdeMethods.RungeKutta4, OdeMethods.Dopri8 })
        {
            (Tensor states, Tensor gradient) = Solve(new MotionSolver(dynamics, program: null), method);
            (Tensor found, Tensor foundGradient) = Solve(MotionSolver.Create(dynamics, 2), method);
            AssertClose(states, found, 1e-11);
            AssertClose(gradient, foundGradient, 1e-9);
        }

        (Tensor States, Tensor Gradient) Solve(MotionSolver solver, ExplicitRungeKutta method)
        {
            dynamics.zero_grad();
            using IMotionSolution solution = solver.Solve(starts, lengths, controls, method, steps: 2, differentiable: true, CancellationToken.None);
            Assert.HasCount(Rows, solution.SoundRows);
            solution.Backward(cotangents);
            return (solution.States.clone(), cat([.. dynamics.parameters().Select(parameter => (parameter.grad ?? zeros_like(parameter)).reshape(-1))]));
        }
    }

    [TestMethod]
    public void A_row_that_blows_up_is_told_and_leaves_the_others_as_they_are()
    {
        using DisposeScope scope = NewDisposeScope();
        using var generator = new Generator(4);
        MechanicalDynamics dynamics = new MechanicsArchitecture(MechanicsForm.Lagrangian, 1, [], 0, false, 0, 5, 1).CreateDynamics(generator);
        MotionSolver solver = MotionSolver.Create(dynamics, 1);
        Tensor starts = randn([3, 2], ScalarType.Float64, generator: generator), lengths = ones([2, 3, 1], ScalarType.Float64);
        using IMotionSolution alone = solver.Solve(starts[..1], lengths.narrow(1, 0, 1), null, OdeMethods.RungeKutta4, 1, differentiable: false, CancellationToken.None);
        starts[1, 1] = double.MaxValue;
        using IMotionSolution together = solver.Solve(starts, lengths, null, OdeMethods.RungeKutta4, 1, differentiable: false, CancellationToken.None);
        CollectionAssert.AreEqual(new long[] { 0, 2 }, together.SoundRows.ToArray());
        AssertClose(alone.States, together.States.narrow(1, 0, 1), 0);
    }

    private static void AssertClose(Tensor expected, Tensor found, double tolerance) =>
        Assert.IsLessThanOrEqualTo(tolerance * Math.Max(1, expected.abs().max().item<double>()), (expected - found).abs().max().item<double>());
}
