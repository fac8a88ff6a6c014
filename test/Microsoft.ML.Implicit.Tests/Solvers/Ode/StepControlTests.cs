using Microsoft.ML.Implicit.Layers.Ode;
using Microsoft.ML.Implicit.Solvers.Ode;
using Microsoft.ML.Implicit.Tests.Solvers.Ode.Rowwise;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Tests.Solvers.Ode;

/// <summary>A step control of a caller's own, with every kind of stepper.</summary>
[TestClass]
public sealed class StepControlTests
{
    public static IEnumerable<object[]> Methods => [[OdeMethods.Dopri5], [OdeMethods.Kvaerno5], [OdeMethods.Ralston]];

    [TestMethod]
    [DynamicData(nameof(Methods))]
    public void A_control_of_ones_own_chooses_the_steps(OdeMethod method)
    {
        using DisposeScope scope = NewDisposeScope();
        var decay = new FunctionTerm((_, z) => z.neg());
        var options = new OdeOptions { Method = method, StepControl = new Halving { RelativeTolerance = 1e-5, AbsoluteTolerance = 1e-5 } };
        using OdeSolution solution = OdeSolver.Solve(decay, ones(2, 1, ScalarType.Float64), [0, 1], options);
        Assert.IsTrue(solution.Converged);
        Assert.AreEqual(Math.Exp(-1), solution.States[1, 0, 0].item<double>(), 1e-3);
    }

    [TestMethod]
    public void Rows_and_managed_memory_take_it_too()
    {
        using DisposeScope scope = NewDisposeScope();
        var options = new OdeOptions { StepControl = new Halving() };
        using OdeSolution rows = OdeSolver.Solve(new RowFunctionTerm((_, z) => z.neg()), ones(2, 1, ScalarType.Float64), [[0.0, 1], [1, 0]], options);
        Assert.AreEqual(Math.Exp(-1), rows.States[1, 0, 0].item<double>(), 1e-5);
        Assert.AreEqual(Math.Exp(1), rows.States[1, 1, 0].item<double>(), 1e-5);
        using var generator = new Generator(3);
        using var dynamics = new MlpDynamics(2, [8], generator);
        using OdeSolution own = OdeSolver.Solve(dynamics, ones(20, 2), [0, 1], options);
        using OdeSolution usual = OdeSolver.Solve(dynamics, ones(20, 2), [0, 1]);
        Assert.IsLessThan(1e-5, (own.States - usual.States).abs().max().item<float>());
    }

    [TestMethod]
    public void Settings_and_factors_out_of_range_are_refused()
    {
        using DisposeScope scope = NewDisposeScope();
        var decay = new FunctionTerm((_, z) => z.neg());
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => OdeSolver.Solve(decay, ones(1, 1), [0, 1], new OdeOptions { StepControl = new Halving { MaximumStep = 0 } }));
        Assert.ThrowsExactly<ArgumentException>(() => OdeSolver.Solve(decay, ones(1, 1), [0, 1], new OdeOptions { StepControl = new Halving(), Method = OdeMethods.RungeKutta4 }));
        foreach (double factor in (double[])[0, -1, double.NaN])
        {
            Assert.ThrowsExactly<InvalidOperationException>(() => OdeSolver.Solve(decay, ones(1, 1), [0, 100], new OdeOptions { StepControl = new Halving { Growth = factor } }));
        }
    }

    /// <summary>Halves a step that failed and lengthens one that was far better than asked.</summary>
    private sealed record Halving : AdaptiveStepControl
    {
        public double Growth { get; init; } = 1.5;

        protected internal override StepSizeController CreateController(int embeddedOrder) => new Controller(Growth);

        private sealed class Controller(double growth) : StepSizeController
        {
            public override double Accept(double weightedError) => weightedError < 0.1 ? growth : 1;

            public override double Reject(double weightedError) => 0.5;
        }
    }
}
