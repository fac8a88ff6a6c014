using Microsoft.ML.Implicit.Layers.Ode;
using Microsoft.ML.Implicit.Solvers.Ode;
using Microsoft.ML.Implicit.Solvers.Ode.Rowwise;
using Microsoft.ML.Implicit.Tests.Layers.Ode;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Tests.Solvers.Ode.Rowwise;

[TestClass]
public sealed class OdeEventTests
{
    private static readonly OdeOptions Tight = new() { StepControl = new PiStepControl { RelativeTolerance = 1e-11, AbsoluteTolerance = 1e-11 }, Method = OdeMethods.Dopri8 };

    // A ball falls from height h with speed v: it reaches the ground at (v + √(v² + 2gh)) / g.
    private static readonly FallingBall Ball = new();
    private static readonly OdeEvent Ground = new((_, z) => z.select(1, 0), EventDirection.Falling);

    [TestMethod]
    public void Each_row_stops_where_its_own_function_crosses_zero()
    {
        using DisposeScope scope = NewDisposeScope();
        double[,] starts = { { 10, 0 }, { 3, 4 }, { 0, 5 }, { 1000, 0 } };
        using OdeSolution solution = OdeSolver.Solve(Ball, tensor(starts), [.. Enumerable.Repeat(new[] { 0.0, 0.5, 3 }, 4)], Tight, stopEvent: Ground);
        for (int row = 0; row < 3; row++)
        {
            Assert.AreEqual(ImpactTime(starts[row, 0], starts[row, 1]), solution.EventTimes![row], 1e-9);
            Assert.AreEqual(0, solution.EventStates![row, 0].item<double>(), 1e-8);
        }

        Assert.IsTrue(double.IsNaN(solution.EventTimes![3]));
        Assert.AreEqual(1000 - (FallingBall.Gravity * 4.5), solution.States[2, 3, 0].item<double>(), 1e-7);
        Assert.IsTrue(double.IsNaN(solution.States[2, 0, 0].item<double>()));
        Assert.AreEqual(3 + 2 - (FallingBall.Gravity * 0.125), solution.States[1, 1, 0].item<double>(), 1e-8);
        Assert.IsTrue(solution.Converged);
    }

    [TestMethod]
    public void A_zero_at_the_last_time_is_an_event()
    {
        using DisposeScope scope = NewDisposeScope();
        var term = new RowFunctionTerm((_, z) => ones_like(z));
        foreach (OdeStepControl control in (OdeStepControl[])[new PiStepControl(), new FixedStepControl(0.1), new FixedStepControl(1.0 / 3)])
        {
            foreach (double end in (double[])[1, 0.7, 3, 1e-3])
            {
                var stop = new OdeEvent((_, z) => z.select(1, 0));
                double[][] times = [[0, 0.5 * end, end], [0, 0.5 * end, end]];
                using OdeSolution solution = OdeSolver.Solve(term, tensor(new[,] { { -end }, { -end * (1 + 1e-9) } }), times, new OdeOptions { StepControl = control }, stopEvent: stop);
                Assert.AreEqual(end, solution.EventTimes![0], 1e-14 * end);
                Assert.AreEqual(0, solution.EventStates![0, 0].item<double>(), 1e-14 * end);
                Assert.IsTrue(double.IsNaN(solution.EventTimes[1]));
            }
        }
    }

    [TestMethod]
    public void The_direction_decides_which_crossings_count()
    {
        using DisposeScope scope = NewDisposeScope();
        var height = new OdeEvent((_, z) => z.select(1, 0) - 1, EventDirection.Rising);
        using OdeSolution rising = OdeSolver.Solve(Ball, tensor(new[,] { { 0.0, 8.0 } }), [[0.0, 3]], Tight, stopEvent: height);
        Assert.IsGreaterThan(0, rising.EventStates![0, 1].item<double>());
        var falling = new OdeEvent((_, z) => z.select(1, 0) - 1, EventDirection.Falling);
        using OdeSolution down = OdeSolver.Solve(Ball, tensor(new[,] { { 0.0, 8.0 } }), [[0.0, 3]], Tight, stopEvent: falling);
        Assert.IsLessThan(0, down.EventStates![0, 1].item<double>());
    }

    [TestMethod]
    public void A_crossing_is_found_where_the_function_ends_within_the_same_step()
    {
        using DisposeScope scope = NewDisposeScope();
        foreach (Func<Tensor, Tensor> function in new Func<Tensor, Tensor>[] { height => height.sqrt() - 1, height => height.log() })
        {
            var stop = new OdeEvent((_, z) => function(z.select(1, 0)));
            using OdeSolution solution = OdeSolver.Solve(Ball, tensor(new[,] { { 4.0, 1.0 }, { 9.0, 0.0 } }), [[0.0, 10], [0.0, 10]], stopEvent: stop);
            Assert.AreEqual(ImpactTime(3, 1), solution.EventTimes![0], 1e-6);
            Assert.AreEqual(ImpactTime(8, 0), solution.EventTimes[1], 1e-6);
        }

        var never = new OdeEvent((_, z) => z.select(1, 0).sqrt() + 1);
        using OdeSolution on = OdeSolver.Solve(Ball, tensor(new[,] { { 4.0, 1.0 } }), [[0.0, 10]], stopEvent: never);
        Assert.IsTrue(double.IsNaN(on.EventTimes![0]));
        Assert.IsTrue(on.Converged);
    }

    [TestMethod]
    public void Gradients_of_event_times_and_states_equal_finite_differences()
    {
        using DisposeScope scope = NewDisposeScope();
        using var generator = new Generator(4);
        using var dynamics = new MlpDynamics(2, [6], generator, time: TimeConditioning.Concatenate);
        dynamics.to(ScalarType.Float64);
        Tensor start = tensor(new[,] { { 0.2, -0.1 }, { 0.5, 0.4 } });
        var stop = new OdeEvent((t, z) => z.square().sum(dim: 1) + (t * 0.3) - 2.5);
        double[][] times = [[0.0, 20], [0.0, 20]];
        using OdeSolution solution = OdeSolver.Solve(dynamics, start, times, Tight, differentiable: true, stopEvent: stop);
        Assert.IsFalse(solution.EventTimes!.Any(double.IsNaN));
        Tensor timeWeights = tensor(new[] { 1.0, -0.7 });
        Tensor stateWeights = tensor(new[,] { { 0.3, 1.2 }, { -0.5, 0.9 } });
        using OdeGradients gradients = solution.Backward(zeros_like(solution.States), timeWeights, stateWeights);
        double Scalar()
        {
            using OdeSolution at = OdeSolver.Solve(dynamics, start, times, Tight, stopEvent: stop);
            return at.EventTimes![0] - (0.7 * at.EventTimes[1]) + (at.EventStates! * stateWeights).sum().item<double>();
        }

        Assert.IsLessThan(1e-5, (FiniteDifferences.Gradient(start, Scalar, 1e-4) - gradients.InitialState).abs().max().item<double>());
        Tensor bias = dynamics.Biases[0];
        long offset = dynamics.Weights[0].numel() + dynamics.TimeWeight!.numel();
        Assert.IsLessThan(1e-5, (FiniteDifferences.Gradient(bias, Scalar, 1e-4) - gradients.Parameters.narrow(0, offset, bias.numel())).abs().max().item<double>());
    }

    [TestMethod]
    [DataRow(0.0, 3.0)]
    [DataRow(3.0, 0.0)]
    public void Events_stop_in_both_directions_of_time(double start, double end)
    {
        // A quarter of an oscillation after the start, whichever way time runs.
        using DisposeScope scope = NewDisposeScope();
        var oscillator = new Oscillator();
        using OdeSolution solution = OdeSolver.Solve(oscillator, tensor(new[,] { { 1.0, 0.0 } }), [[start, end]], Tight, stopEvent: Ground);
        Assert.AreEqual(start + (Math.Sign(end - start) * Math.PI / 2), solution.EventTimes![0], 1e-9);
        Assert.AreEqual(-Math.Sign(end - start), solution.EventStates![0, 1].item<double>(), 1e-9);
    }

    [TestMethod]
    public void An_event_moves_with_the_first_time_and_not_with_times_after_it()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor start = tensor(new[,] { { 3.0, 4.0 } });
        using OdeSolution solution = OdeSolver.Solve(Ball, start, [[0, 0.5, 9]], Tight, differentiable: true, stopEvent: Ground);
        using OdeGradients gradients = solution.Backward(ones_like(solution.States), ones(1, ScalarType.Float64), timeGradients: true);

        // The event's time moves one to one; the state at 0.5 by minus its slope, (v, -g), through the first time and by plus its slope through its own.
        double slope = 4 - (FallingBall.Gravity * 0.5) - FallingBall.Gravity;
        Assert.IsLessThan(1e-9, (gradients.Times! - tensor(new[,] { { 1 - slope, slope, 0 } })).abs().max().item<double>());
    }

    private static double ImpactTime(double height, double speed) =>
        (speed + Math.Sqrt((speed * speed) + (2 * FallingBall.Gravity * height))) / FallingBall.Gravity;

    private sealed class Oscillator : IRowTimeOdeTerm
    {
        public IReadOnlyList<Tensor> Parameters => [];

        public Tensor Evaluate(Tensor times, Tensor state) => stack([state.select(1, 1), state.select(1, 0).neg()], 1);
    }

    private sealed class FallingBall : IRowTimeOdeTerm
    {
        public const double Gravity = 9.81;

        public IReadOnlyList<Tensor> Parameters => [];

        public Tensor Evaluate(Tensor times, Tensor state) =>
            stack([state.select(1, 1), full_like(state.select(1, 1), -Gravity)], 1);
    }
}
