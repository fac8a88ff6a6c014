using Microsoft.ML.Implicit.Solvers;
using Microsoft.ML.Implicit.Solvers.Ode;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Tests.Solvers.Ode;

[TestClass]
public sealed class OdeSolverTests
{
    private static readonly FunctionTerm Rotation = new((_, z) => stack([z.select(1, 1), z.select(1, 0).neg()], 1));
    private static readonly OdeOptions Tight = new() { StepControl = new PiStepControl { RelativeTolerance = 1e-10, AbsoluteTolerance = 1e-10 } };

    [TestMethod]
    public void States_at_many_times_follow_a_known_solution()
    {
        using DisposeScope scope = NewDisposeScope();
        double[] times = [.. Enumerable.Range(0, 41).Select(i => i * 0.25)];
        using OdeSolution solution = OdeSolver.Solve(Rotation, tensor(new[,] { { 0.0, 1.0 } }), times, Tight);
        double[] sine = [.. solution.States.select(2, 0).view(-1).data<double>()];
        for (int i = 0; i < times.Length; i++)
        {
            Assert.AreEqual(Math.Sin(times[i]), sine[i], 1e-8);
        }

        Assert.IsTrue(solution.Converged);
    }

    [TestMethod]
    [DataRow(ScalarType.Float64, 1e-8)]
    [DataRow(ScalarType.Float32, 1e-4)]
    public void Forward_and_then_backward_in_time_returns_the_start(ScalarType type, double tolerance)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor start = tensor(new[] { 0.5, 1.0, -1.0, 2.0 }).view(2, 1, 2).to(type);
        var term = new FunctionTerm((t, z) => (z * Math.Cos(t)).sin() - 0.3 * z);
        OdeOptions options = type == ScalarType.Float64 ? Tight : new OdeOptions();
        using OdeSolution forward = OdeSolver.Solve(term, start, [0, 1, 4], options);
        using OdeSolution back = OdeSolver.Solve(term, forward.States[2], [4, 2, 0], options);
        Assert.AreEqual(type, back.States.dtype);
        CollectionAssert.AreEqual(new long[] { 3, 2, 1, 2 }, back.States.shape);
        Assert.IsLessThan(tolerance, (back.States[2] - start).abs().max().to(ScalarType.Float64).item<double>());
    }

    [TestMethod]
    public void Van_der_Pols_oscillator_matches_the_reference()
    {
        using DisposeScope scope = NewDisposeScope();
        Golden golden = Golden.Load("ode_vanderpol");
        var term = new FunctionTerm((_, y) =>
        {
            Tensor a = y.select(1, 0);
            Tensor b = y.select(1, 1);
            return stack([b, 5 * (1 - a.square()) * b - a], 1);
        });
        OdeOptions options = Tight with { Method = OdeMethods.Tsit5 };
        using OdeSolution solution = OdeSolver.Solve(term, golden["y"][0].unsqueeze(0), golden["t"].data<double>().ToArray(), options);
        golden.AssertMatches("y", solution.States.squeeze(1), 1e-6);
    }

    [TestMethod]
    public void Dynamics_that_turn_to_NaN_give_the_trajectory_up_to_there_and_say_diverged()
    {
        using DisposeScope scope = NewDisposeScope();
        var term = new FunctionTerm((t, z) => t > 1.5 ? z * double.NaN : -z);
        using OdeSolution solution = OdeSolver.Solve(term, ones(2, 3, ScalarType.Float64), [0, 1, 2], Tight);
        Assert.IsTrue(solution.Status.All(s => s == SolveStatus.Diverged));
        Assert.AreEqual(2, solution.ReachedTimes);
        Assert.AreEqual(Math.Exp(-1), solution.States[1, 0, 0].item<double>(), 1e-8);
        Assert.IsTrue(solution.States[2].isnan().all().item<bool>());
    }

    [TestMethod]
    public void A_singularity_ends_with_a_status_instead_of_an_exception()
    {
        using DisposeScope scope = NewDisposeScope();
        var blowUp = new FunctionTerm((_, z) => z.square());
        using OdeSolution solution = OdeSolver.Solve(blowUp, ones(1, 1, ScalarType.Float64), [0, 0.5, 2]);
        Assert.AreNotEqual(SolveStatus.Converged, solution.Status[0]);
        Assert.AreEqual(2, solution.ReachedTimes);
        Assert.AreEqual(2.0, solution.States[1, 0, 0].item<double>(), 1e-4);
    }

    [TestMethod]
    public void Failures_are_thrown_where_the_caller_asks_for_it()
    {
        using DisposeScope scope = NewDisposeScope();
        var options = new OdeOptions { ThrowOnFailure = true, MaximumSteps = 3 };
        SolveFailedException exception = Assert.ThrowsExactly<SolveFailedException>(() => OdeSolver.Solve(Rotation, ones(1, 2), [0, 100], options));
        Assert.AreEqual(SolveStatus.MaximumIterations, exception.Status);
        StringAssert.Contains(exception.Message, nameof(OdeOptions.MaximumSteps));
    }

    [TestMethod]
    public void A_row_that_is_not_finite_is_marked_and_the_others_are_solved()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor start = tensor(new[,] { { 0.0, 1.0 }, { double.NaN, 1.0 }, { 1.0, 0.0 } });
        using OdeSolution solution = OdeSolver.Solve(Rotation, start, [0, 1], Tight);
        CollectionAssert.AreEqual(new[] { SolveStatus.Converged, SolveStatus.InvalidInput, SolveStatus.Converged }, solution.Status.ToArray());
        Assert.AreEqual(Math.Sin(1), solution.States[1, 0, 0].item<double>(), 1e-8);
        Assert.IsTrue(solution.States.select(1, 1).isnan().all().item<bool>());
    }

    [TestMethod]
    public void Cancellation_is_noticed_between_steps()
    {
        using DisposeScope scope = NewDisposeScope();
        using var source = new CancellationTokenSource();
        int calls = 0;
        var term = new FunctionTerm((_, z) =>
        {
            if (++calls == 20)
            {
                source.Cancel();
            }

            return -z;
        });
        var options = new OdeOptions { CancellationToken = source.Token };
        Assert.ThrowsExactly<OperationCanceledException>(() => OdeSolver.Solve(term, ones(1, 1), [0, 1e6], options));
        Assert.IsLessThan(30, calls);
    }

    [TestMethod]
    [DataRow(new double[0])]
    [DataRow(new[] { 0.0, 1.0, 1.0 })]
    [DataRow(new[] { 0.0, 1.0, 0.5 })]
    [DataRow(new[] { 0.0, double.NaN })]
    public void Times_that_are_not_strictly_monotone_are_refused(double[] times)
    {
        using DisposeScope scope = NewDisposeScope();
        Assert.ThrowsExactly<ArgumentException>(() => OdeSolver.Solve(Rotation, ones(1, 2), times));
    }

    [TestMethod]
    public void Steps_that_shrink_without_end_give_the_trajectory_up_to_there_and_say_so()
    {
        using DisposeScope scope = NewDisposeScope();
        var pole = new FunctionTerm((t, z) => ones_like(z) / Math.Pow(Math.Abs(1 - t), 1.5));
        using OdeSolution solution = OdeSolver.Solve(pole, zeros(1, 1, ScalarType.Float64), [0, 0.5, 2]);
        Assert.AreEqual(SolveStatus.StepUnderflow, solution.Status[0]);
        Assert.AreEqual(2, solution.ReachedTimes);
        Assert.AreEqual((2 / Math.Sqrt(0.5)) - 2, solution.States[1, 0, 0].item<double>(), 1e-5);
    }

    [TestMethod]
    public void Dynamics_of_another_shape_or_type_are_refused()
    {
        using DisposeScope scope = NewDisposeScope();
        foreach (OdeMethod method in (OdeMethod[])[OdeMethods.Dopri5, OdeMethods.Kvaerno3, OdeMethods.AdamsBashforthMoulton])
        {
            var options = new OdeOptions { Method = method, StepControl = new FixedStepControl(0.1) };
            ArgumentException shape = Assert.ThrowsExactly<ArgumentException>(() => OdeSolver.Solve(new FunctionTerm((_, z) => z.sum(dim: 1)), ones(3, 2), [0, 1], options));
            StringAssert.Contains(shape.Message, "[3, 2]");
            Assert.ThrowsExactly<ArgumentException>(() => OdeSolver.Solve(new FunctionTerm((_, z) => z.to(ScalarType.Float64)), ones(3, 2), [0, 1], options));
        }
    }

    [TestMethod]
    public void Settings_out_of_range_are_refused_by_name()
    {
        using DisposeScope scope = NewDisposeScope();
        PiStepControl[] controls =
        [
            new() { RelativeTolerance = -1 }, new() { RelativeTolerance = double.NaN }, new() { RelativeTolerance = 0, AbsoluteTolerance = 0 }, new() { Safety = 1 },
            new() { MinimumFactor = 0.95 }, new() { MaximumFactor = 0.5 }, new() { Stabilization = 1 }, new() { MaximumStep = 0 }, new() { InitialStep = double.NaN },
        ];
        foreach (PiStepControl control in controls)
        {
            Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => OdeSolver.Solve(Rotation, ones(1, 2), [0, 1], new OdeOptions { StepControl = control }), control.ToString());
        }

        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => OdeSolver.Solve(Rotation, ones(1, 2), [0, 1], new OdeOptions { StepControl = new FixedStepControl(double.NaN) }));
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => OdeSolver.Solve(Rotation, ones(1, 2), [0, 1], new OdeOptions { MaximumSteps = 0 }));
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => OdeSolver.Solve(Rotation, ones(1, 2), [0, 1], new OdeOptions { MaximumCheckpoints = 1 }));
        Assert.ThrowsExactly<ArgumentException>(() => OdeSolver.Solve(Rotation, ones(1, 2, ScalarType.Int64), [0, 1]));
        Assert.ThrowsExactly<ArgumentException>(() => OdeSolver.Solve(Rotation, ones([]), [0, 1]));
    }

    [TestMethod]
    public void The_error_follows_the_tolerance()
    {
        using DisposeScope scope = NewDisposeScope();
        foreach (OdeMethod method in (OdeMethod[])[OdeMethods.Heun, OdeMethods.Bosh3, OdeMethods.Dopri5, OdeMethods.Tsit5, OdeMethods.Dopri8, OdeMethods.Kvaerno3, OdeMethods.Kvaerno5])
        {
            int steps = 0;
            foreach (double tolerance in (double[])[1e-3, 1e-5, 1e-7])
            {
                var options = new OdeOptions { Method = method, StepControl = new PiStepControl { RelativeTolerance = tolerance, AbsoluteTolerance = tolerance }, MaximumSteps = 100_000 };
                using OdeSolution solution = OdeSolver.Solve(Rotation, tensor(new[,] { { 0.0, 1.0 } }), [0, 3], options);
                Assert.AreEqual(Math.Sin(3), solution.States[1, 0, 0].item<double>(), 20 * tolerance, $"{method} at {tolerance}");
                Assert.IsGreaterThan(steps, solution.Statistics.AcceptedSteps);
                steps = solution.Statistics.AcceptedSteps;
            }
        }
    }

    [TestMethod]
    public void A_method_without_error_estimate_refuses_adaptive_steps()
    {
        using DisposeScope scope = NewDisposeScope();
        var options = new OdeOptions { Method = OdeMethods.RungeKutta4 };
        Assert.ThrowsExactly<ArgumentException>(() => OdeSolver.Solve(Rotation, ones(1, 2), [0, 1], options));
    }

    [TestMethod]
    public void A_solve_leaves_nothing_behind()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor start = ones(2, 2);
        long before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        using (OdeSolution solution = OdeSolver.Solve(Rotation, start, [0, 1, 2], Tight, differentiable: true))
        {
            Assert.IsTrue(solution.Converged);
        }

        Assert.AreEqual(before, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
    }
}
