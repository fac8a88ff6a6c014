using Microsoft.ML.Implicit.Solvers;
using Microsoft.ML.Implicit.Solvers.Ode;
using Microsoft.ML.Implicit.Tests.Solvers.Ode.Rowwise;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Tests.Solvers.Ode;

/// <summary>Far from zero times are rounded to their spacing; a solve goes by the rounded times or says that it cannot.</summary>
[TestClass]
public class TimesFarFromZeroTests
{
    public static IEnumerable<object[]> Cases =>
        from method in new OdeMethod[] { OdeMethods.Dopri5, OdeMethods.Kvaerno5, OdeMethods.Ralston }
        from start in new[] { 1e9, 1e13, 1e15, 1e16, -1e15 }
        from control in new OdeStepControl[] { new PiStepControl(), new FixedStepControl(0.1) }
        select new object[] { method, start, control };

    [TestMethod]
    [DynamicData(nameof(Cases))]
    public void What_is_called_solved_is_right(OdeMethod method, double start, OdeStepControl control)
    {
        using DisposeScope scope = NewDisposeScope();
        using OdeSolution solution = OdeSolver.Solve(
            new FunctionTerm((_, z) => -z),
            ones(1, 1, ScalarType.Float64),
            [start, start + 2],
            new OdeOptions { Method = method, StepControl = control });
        if (solution.Converged)
        {
            Assert.AreEqual(Math.Exp(-2), solution.States[1].item<double>(), 1e-2 * Math.Exp(-2));
        }
        else
        {
            Assert.IsGreaterThan(1e12, Math.Abs(start), $"{solution.Status[0]}");
        }
    }

    [TestMethod]
    [DataRow(1e9)]
    [DataRow(1e13)]
    [DataRow(1e15)]
    [DataRow(1e16)]
    public void A_row_that_is_called_solved_is_right(double start)
    {
        foreach (OdeStepControl control in new OdeStepControl[] { new PiStepControl(), new FixedStepControl(0.1) })
        {
            using DisposeScope scope = NewDisposeScope();
            using OdeSolution solution = OdeSolver.Solve(
                new RowFunctionTerm((_, z) => -z),
                ones(2, 1, ScalarType.Float64),
                [[start, start + 2], [0, 2]],
                new OdeOptions { StepControl = control });
            Assert.AreEqual(SolveStatus.Converged, solution.Status[1]);
            Assert.AreEqual(Math.Exp(-2), solution.States[1, 1].item<double>(), 1e-4);
            if (solution.Status[0] == SolveStatus.Converged)
            {
                Assert.AreEqual(Math.Exp(-2), solution.States[1, 0].item<double>(), 2e-3 * Math.Exp(-2));
            }
        }
    }

    [TestMethod]
    [DataRow(1e6)]
    [DataRow(1e12)]
    public void First_steps_may_be_as_short_as_they_need_to_be_however_far_the_last_time_is(double end)
    {
        using DisposeScope scope = NewDisposeScope();
        foreach (OdeMethod method in (OdeMethod[])[OdeMethods.Dopri5, OdeMethods.Kvaerno5])
        {
            var options = new OdeOptions { Method = method, StepControl = new PiStepControl { AbsoluteTolerance = 1e-20 } };
            using OdeSolution solution = OdeSolver.Solve(new FunctionTerm((_, z) => z.square().neg()), full(1, 1, 1e4, ScalarType.Float64), [0, end], options);
            Assert.AreEqual(SolveStatus.Converged, solution.Status[0]);
            Assert.AreEqual(1, solution.States[1].item<double>() * (end + 1e-4), 1e-3);
        }
    }
}
