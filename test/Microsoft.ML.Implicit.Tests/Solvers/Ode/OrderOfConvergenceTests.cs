using Microsoft.ML.Implicit.Solvers.Ode;
using Microsoft.ML.Implicit.Solvers.Ode.Common;
using Microsoft.ML.Implicit.Solvers.Ode.Stepping;
using Microsoft.ML.Implicit.Solvers.Ode.Terms;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Tests.Solvers.Ode;

[TestClass]
public sealed class OrderOfConvergenceTests
{
    // A forced pendulum, q' = p, p' = -sin q + cos(2t) / 2: nonlinear and dependent on time, so that every order condition matters.
    private static readonly FunctionTerm Term = new((t, z) =>
        stack([z.select(1, 1), z.select(1, 0).sin().neg_().add_(0.5 * Math.Cos(2 * t))], 1));

    public static IEnumerable<object[]> Methods =>
    [
        [OdeMethods.Euler, 1024], [OdeMethods.Midpoint, 512], [OdeMethods.Heun, 512], [OdeMethods.Bosh3, 256], [OdeMethods.RungeKutta4, 128],
        [OdeMethods.ThreeEighths, 128], [OdeMethods.Dopri5, 64], [OdeMethods.Tsit5, 64], [OdeMethods.Dopri8, 16],
        [OdeMethods.Kvaerno3, 128], [OdeMethods.Kvaerno5, 32], [OdeMethods.AdamsBashforthMoulton, 256],
    ];

    [TestMethod]
    [DynamicData(nameof(Methods))]
    public void Halving_the_step_divides_the_error_by_at_least_two_to_the_order(OdeMethod method, int steps)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor start = tensor(new[] { 0.3, 0.0, 1.0, -0.5, 2.0, 1.0 }).view(3, 2);
        Tensor exact = Solve(OdeMethods.Dopri5, start, 10.0 / 2048);
        double coarse = (Solve(method, start, 10.0 / steps) - exact).abs().max().item<double>();
        double fine = (Solve(method, start, 5.0 / steps) - exact).abs().max().item<double>();
        Assert.IsGreaterThan(method.Order - 0.25, Math.Log2(coarse / fine), $"{method}: errors {coarse:E2} and {fine:E2}");
    }

    public static IEnumerable<object[]> Interpolants =>
    [
        [OdeMethods.Euler, 1, 128], [OdeMethods.Midpoint, 2, 64], [OdeMethods.Heun, 2, 64], [OdeMethods.Bosh3, 3, 32],
        [OdeMethods.RungeKutta4, 3, 16], [OdeMethods.ThreeEighths, 3, 16], [OdeMethods.Dopri5, 4, 16], [OdeMethods.Tsit5, 4, 16], [OdeMethods.Dopri8, 7, 4],
        [OdeMethods.Kvaerno3, 3, 32], [OdeMethods.Kvaerno5, 4, 16],
    ];

    [TestMethod]
    [DynamicData(nameof(Interpolants))]
    public void Halving_the_step_divides_the_error_between_steps_by_at_least_two_to_the_order_of_the_dense_output(OdeMethod method, int order, int steps)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor start = tensor(new[] { 0.3, 0.0, 1.0, -0.5, 2.0, 1.0 }).view(3, 2);
        foreach (double duration in (double[])[2.5, -2.5])
        {
            double coarse = InterpolationError(method, start, duration, steps);
            double fine = InterpolationError(method, start, duration, 2 * steps);
            Assert.IsGreaterThan(order - 0.3, Math.Log2(coarse / fine), $"{method}: errors {coarse:E2} and {fine:E2}");
        }
    }

    // The largest error at two places inside each of some equal steps.
    private static double InterpolationError(OdeMethod method, Tensor start, double duration, int steps)
    {
        using DisposeScope scope = NewDisposeScope();
        double[] thetas = [0.3, 0.7];
        double size = duration / steps;
        Tensor outputs = empty([2 * steps, start.numel()], ScalarType.Float64);
        using CommonStepper stepper = new CommonSteps(Term, new StateExtent(start.shape[0], start.numel() / start.shape[0])).CreateStepper(method, start, outputs);
        OdeSegment segment = OdeSegment.Split(0, duration, [], ScalarType.Float64)[0];
        for (int i = 0; i < steps; i++)
        {
            stepper.TryStep(new OdeStep(i * size, size, segment), null);
            stepper.WriteOutputs(2 * i, thetas);
            stepper.Accept();
        }

        double[] times = [0, .. Enumerable.Range(0, steps).SelectMany(i => thetas.Select(theta => (i + theta) * size))];
        using OdeSolution exact = OdeSolver.Solve(Term, start, times, new OdeOptions { StepControl = new FixedStepControl(10.0 / 1024) });
        return (outputs.view(-1, 3, 2) - exact.States.narrow(0, 1, 2 * steps)).abs().max().item<double>();
    }

    private static Tensor Solve(OdeMethod method, Tensor start, double step)
    {
        var options = new OdeOptions { Method = method, StepControl = new FixedStepControl(step) };
        OdeSolution solution = OdeSolver.Solve(Term, start, [0, 10], options);
        return solution.States[1];
    }
}
