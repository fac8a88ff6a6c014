using Microsoft.ML.Implicit.Solvers;
using Microsoft.ML.Implicit.Solvers.Ode;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Tests.Solvers.Ode;

/// <summary>What holds for every method of integration.</summary>
[TestClass]
public sealed class OdeMethodTests
{
    private static readonly double[] Times = [0.2, 0.3, 0.9, 1.0, 2.0];

    public static IEnumerable<object[]> Methods =>
        from method in new OdeMethod[]
        {
            OdeMethods.Euler, OdeMethods.Midpoint, OdeMethods.Heun, OdeMethods.Bosh3, OdeMethods.RungeKutta4, OdeMethods.ThreeEighths, OdeMethods.Dopri5,
            OdeMethods.Tsit5, OdeMethods.Dopri8, OdeMethods.AdamsBashforthMoulton, OdeMethods.Kvaerno3, OdeMethods.Kvaerno5,
        }
        select new object[] { method };

    [TestMethod]
    [DynamicData(nameof(Methods))]
    public void Backward_in_time_equals_forward_with_time_reversed(OdeMethod method)
    {
        using DisposeScope scope = NewDisposeScope();
        var term = new FunctionTerm(Pendulum);
        var reversed = new FunctionTerm((t, z) => Pendulum(-t, z).neg());
        double[] decreasing = [.. Times.Reverse()];
        using OdeSolution backward = OdeSolver.Solve(term, Start(), decreasing, Options(method));
        using OdeSolution forward = OdeSolver.Solve(reversed, Start(), [.. decreasing.Select(t => -t)], Options(method));
        Assert.IsTrue(backward.Converged);
        Assert.AreEqual(forward.Statistics, backward.Statistics);
        Assert.IsLessThan(1e-14, Distance(backward.States, forward.States));
    }

    [TestMethod]
    [DynamicData(nameof(Methods))]
    public void Single_precision_agrees_with_double_precision(OdeMethod method)
    {
        using DisposeScope scope = NewDisposeScope();
        var term = new FunctionTerm(Pendulum);
        using OdeSolution exact = OdeSolver.Solve(term, Start(), Times, Options(method));
        using OdeSolution single = OdeSolver.Solve(term, Start().to(ScalarType.Float32), Times, Options(method));
        Assert.IsTrue(single.Converged);
        Assert.AreEqual(ScalarType.Float32, single.States.dtype);
        Assert.IsLessThan(2e-4, Distance(single.States.to(ScalarType.Float64), exact.States));
    }

    [TestMethod]
    [DynamicData(nameof(Methods))]
    public void Statistics_count_every_evaluation_and_step(OdeMethod method)
    {
        using DisposeScope scope = NewDisposeScope();
        int calls = 0;
        var term = new FunctionTerm((t, z) =>
        {
            calls++;
            return Pendulum(t, z);
        });
        using OdeSolution solution = OdeSolver.Solve(term, Start(), Times, Options(method));
        Assert.AreEqual(calls, solution.Statistics.Evaluations);
        Assert.IsGreaterThan(2, solution.Statistics.AcceptedSteps);
        if (solution.Options.StepControl is FixedStepControl)
        {
            Assert.AreEqual(0, solution.Statistics.RejectedSteps);
        }
    }

    [TestMethod]
    [DynamicData(nameof(Methods))]
    public void Too_many_steps_give_the_trajectory_up_to_there(OdeMethod method)
    {
        using DisposeScope scope = NewDisposeScope();
        var options = new OdeOptions { Method = method, StepControl = new FixedStepControl(0.1), MaximumSteps = 9 };
        using OdeSolution solution = OdeSolver.Solve(new FunctionTerm(Pendulum), Start(), [0, 0.5, 1, 2], options);
        Assert.IsTrue(solution.Status.All(s => s == SolveStatus.MaximumIterations));
        Assert.AreEqual(2, solution.ReachedTimes);
        Assert.AreEqual(9, solution.Statistics.AcceptedSteps);
        using OdeSolution whole = OdeSolver.Solve(new FunctionTerm(Pendulum), Start(), [0, 0.5], options);
        Assert.AreEqual(0, Distance(whole.States, solution.States.narrow(0, 0, 2)));
        Assert.IsTrue(solution.States.narrow(0, 2, 2).isnan().all().item<bool>());
    }

    [TestMethod]
    [DynamicData(nameof(Methods))]
    public void The_memory_of_a_solve_does_not_grow_with_its_steps_and_nothing_stays(OdeMethod method)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor start = Start();
        long before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        Assert.IsLessThanOrEqualTo(Peak(10), Peak(200));
        Assert.AreEqual(before, DisposeScopeManager.Statistics.ThreadTotalLiveCount);

        long Peak(int steps)
        {
            long peak = 0;
            var term = new FunctionTerm((t, z) =>
            {
                peak = Math.Max(peak, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
                return Pendulum(t, z);
            });
            OdeSolver.Solve(term, start, [0, 1], new OdeOptions { Method = method, StepControl = new FixedStepControl(1.0 / steps) }).Dispose();
            return peak;
        }
    }

    // A forced pendulum.
    private static Tensor Pendulum(double time, Tensor z) => stack([z.select(1, 1), z.select(1, 0).sin().neg_().add_(0.5 * Math.Cos(2 * time))], 1);

    private static Tensor Start() => tensor(new[,] { { 0.3, 0.0 }, { 1.0, -0.5 } });

    private static double Distance(Tensor a, Tensor b) => (a - b).abs().max().item<double>();

    private static OdeOptions Options(OdeMethod method) => new()
    {
        Method = method,
        StepControl = method.EmbeddedOrder == 0 ? new FixedStepControl(0.05) : new PiStepControl { RelativeTolerance = 1e-5, AbsoluteTolerance = 1e-5 },
    };
}
