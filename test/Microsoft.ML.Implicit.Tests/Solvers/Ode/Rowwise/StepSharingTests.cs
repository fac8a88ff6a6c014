using Microsoft.ML.Implicit.Layers.Ode;
using Microsoft.ML.Implicit.Solvers;
using Microsoft.ML.Implicit.Solvers.Ode;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Tests.Solvers.Ode.Rowwise;

/// <summary>One integrator takes steps that rows share and steps of a row's own: what does not depend on sharing is the same.</summary>
[TestClass]
public sealed class StepSharingTests
{
    public static IEnumerable<object[]> Options =>
        from method in new[] { OdeMethods.Dopri5, OdeMethods.Dopri8, OdeMethods.Bosh3 }
        from control in new OdeStepControl[] { new PiStepControl { RelativeTolerance = 1e-5 }, new PiStepControl { RelativeTolerance = 1e-4, AbsoluteTolerance = 1e-4, InitialStep = 2, MaximumStep = 2 }, new FixedStepControl(0.07) }
        from jumps in new double[][] { [], [0.4, 1.1] }
        select new object[] { new OdeOptions { Method = method, StepControl = control, JumpTimes = jumps, MaximumCheckpoints = 3 } };

    [TestMethod]
    [DynamicData(nameof(Options))]
    public void A_row_alone_takes_the_steps_that_a_batch_of_it_takes(OdeOptions options)
    {
        using DisposeScope scope = NewDisposeScope();
        using MlpDynamics dynamics = Dynamics();
        Tensor start = tensor(new[,] { { 0.6, -1.3 } });
        double[] times = [0, 0.3, 0.31, 1.1, 2.5];
        using OdeSolution common = OdeSolver.Solve(dynamics, start, times, options, differentiable: true);
        using OdeSolution own = OdeSolver.Solve(dynamics, start, [times], options, differentiable: true);
        Assert.AreEqual(common.Statistics.AcceptedSteps, own.Statistics.AcceptedSteps);
        Assert.AreEqual(common.Statistics.RejectedSteps, own.Statistics.RejectedSteps);
        Assert.IsLessThan(1e-12, (common.States - own.States).abs().max().item<double>());
        Tensor weights = arange(10, ScalarType.Float64).sin().view(5, 1, 2);
        using OdeGradients expected = common.Backward(weights, timeGradients: true);
        using OdeGradients actual = own.Backward(weights, timeGradients: true);
        Assert.IsLessThan(1e-11, (expected.InitialState - actual.InitialState).abs().max().item<double>());
        Assert.IsLessThan(1e-11, (expected.Parameters - actual.Parameters).abs().max().item<double>());
        Assert.IsLessThan(1e-11, (expected.Times! - actual.Times![0]).abs().max().item<double>());
    }

    [TestMethod]
    public void Rows_report_their_own_steps_and_the_solve_all_of_them()
    {
        using DisposeScope scope = NewDisposeScope();
        var decay = new RowFunctionTerm((_, z) => stack([-z.select(1, 0) * z.select(1, 1), zeros_like(z.select(1, 1))], 1));
        Tensor start = tensor(new[,] { { 1.0, 1.0 }, { 1.0, 200.0 }, { 1.0, 30.0 } });
        using OdeSolution solution = OdeSolver.Solve(decay, start, [[0.0, 1], [0.0, 1], [0.0, 1]]);
        for (int row = 0; row < 3; row++)
        {
            using OdeSolution alone = OdeSolver.Solve(decay, start.narrow(0, row, 1), [[0.0, 1]]);
            Assert.AreEqual(alone.Statistics.AcceptedSteps, solution.RowStatistics[row].AcceptedSteps);
            Assert.AreEqual(alone.Statistics.RejectedSteps, solution.RowStatistics[row].RejectedSteps);
            Assert.AreEqual(0, (alone.States.select(1, 0) - solution.States.select(1, row)).abs().max().item<double>());
        }

        Assert.AreEqual(solution.RowStatistics.Sum(row => row.AcceptedSteps), solution.Statistics.AcceptedSteps);
        using OdeSolution common = OdeSolver.Solve(new FunctionTerm((_, z) => -z), start, [0, 1]);
        Assert.AreEqual(common.Statistics, common.RowStatistics.Single());
    }

    [TestMethod]
    public void A_first_step_that_rounding_swallows_fails_the_rows_it_is_too_short_for()
    {
        using DisposeScope scope = NewDisposeScope();
        var options = new OdeOptions { StepControl = new PiStepControl { InitialStep = 1e-7 } };
        var term = new RowFunctionTerm((_, z) => -z);
        double[][] times = [[0, 1], [1e12, 1e12 + 1], [1e12, 1e12]];
        using OdeSolution solution = OdeSolver.Solve(term, ones(3, 1, ScalarType.Float64), times, options, differentiable: true);
        CollectionAssert.AreEqual(new[] { SolveStatus.Converged, SolveStatus.StepUnderflow, SolveStatus.Converged }, solution.Status.ToArray());
        Assert.AreEqual(Math.Exp(-1), solution.States[1, 0, 0].item<double>(), 1e-5);
        Assert.AreEqual(1, solution.States[1, 2, 0].item<double>());
        Assert.AreEqual(0, solution.RowStatistics[1].AcceptedSteps);
        Assert.AreEqual(1, solution.ReachedTimes);
        SolveFailedException failure = Assert.ThrowsExactly<SolveFailedException>(() => solution.Backward(ones_like(solution.States)));
        Assert.AreEqual(1, failure.Row);
        StringAssert.Contains(failure.Message, "1000000000000");
        using OdeSolution nobody = OdeSolver.Solve(term, ones(1, 1, ScalarType.Float64), [times[1]], options);
        Assert.AreEqual(SolveStatus.StepUnderflow, nobody.Status[0]);
        Assert.AreEqual(0, nobody.Statistics.Evaluations);
    }

    private static MlpDynamics Dynamics()
    {
        using var generator = new Generator(9);
        var dynamics = new MlpDynamics(2, [7], generator, time: TimeConditioning.Concatenate);
        dynamics.to(ScalarType.Float64);
        return dynamics;
    }
}
