using Microsoft.ML.Implicit.Layers.Ode;
using Microsoft.ML.Implicit.Solvers.Ode;
using Microsoft.ML.Implicit.Solvers.Ode.OneStep;
using Microsoft.ML.Implicit.Tests.Layers.Ode;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Tests.Solvers.Ode;

/// <summary>Methods that are given by one step alone, those built in and one of a caller's own.</summary>
[TestClass]
public sealed class OneStepMethodTests
{
    private static readonly FunctionTerm Pendulum = new((_, z) => cat([z.narrow(1, 1, 1), z.narrow(1, 0, 1).sin().neg()], 1));

    public static IEnumerable<object[]> Methods => [[OdeMethods.SymplecticEuler], [OdeMethods.Leapfrog], [OdeMethods.Ralston], [OdeMethods.StrongStabilityPreserving3], [new ThirdOrder()]];

    [TestMethod]
    [DynamicData(nameof(Methods))]
    public void Errors_fall_with_the_order_of_the_method_in_both_directions_of_time(OdeMethod method)
    {
        foreach (double end in (double[])[2, -2])
        {
            double rate = Math.Log2(Error(method, end, 0.05) / Error(method, end, 0.025));
            Assert.AreEqual(method.Order, rate, 0.25, $"{method}");
        }
    }

    [TestMethod]
    [DynamicData(nameof(Methods))]
    public void Gradients_equal_finite_differences_of_the_same_steps(OdeMethod method)
    {
        List<OdeStepControl> controls = [new FixedStepControl(0.2)];
        if (method.EmbeddedOrder > 0)
        {
            // Tolerances that accept every step: all steps are those of the maximum, and outputs lie inside of them.
            controls.Add(new PiStepControl { RelativeTolerance = 1e3, AbsoluteTolerance = 1e3, InitialStep = 0.35, MaximumStep = 0.35 });
        }

        foreach (OdeStepControl control in controls)
        {
            using DisposeScope scope = NewDisposeScope();
            using var generator = new Generator(6);
            using var dynamics = new MlpDynamics(2, [3], generator, time: TimeConditioning.Concatenate);
            dynamics.to(ScalarType.Float64);
            var options = new OdeOptions { Method = method, StepControl = control, MaximumCheckpoints = 2, JumpTimes = [0.6] };
            Tensor start = tensor(new[,] { { 0.4, -0.3 }, { -1.0, 0.8 } });
            double[] times = [0, 0.25, 1];
            Tensor weights = arange(12, dtype: ScalarType.Float64).view(3, 2, 2).sin();
            using OdeSolution solution = OdeSolver.Solve(dynamics, start, times, options, differentiable: true);
            using OdeGradients gradients = solution.Backward(weights);
            Assert.IsLessThan(1e-8, (FiniteDifferences.Gradient(start, Scalar) - gradients.InitialState).abs().max().item<double>());
            Tensor parameters = cat([.. dynamics.Parameters.Select(p => FiniteDifferences.Gradient(p, Scalar).view(-1))]);
            Assert.IsLessThan(1e-8, (parameters - gradients.Parameters).abs().max().item<double>());

            double Scalar()
            {
                using OdeSolution at = OdeSolver.Solve(dynamics, start, times, options);
                return (at.States * weights).sum().item<double>();
            }
        }
    }

    [TestMethod]
    public void A_method_with_an_error_estimate_chooses_its_steps()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor start = tensor(new[,] { { 1.0, 0.5 } });
        double[] times = [0, 0.3, 1.1, 5];
        var options = new OdeOptions { Method = OdeMethods.Ralston, StepControl = new PiStepControl { RelativeTolerance = 1e-6, AbsoluteTolerance = 1e-6 } };
        using OdeSolution solution = OdeSolver.Solve(Pendulum, start, times, options);
        using OdeSolution exact = OdeSolver.Solve(Pendulum, start, times, new OdeOptions { StepControl = new PiStepControl { RelativeTolerance = 1e-10, AbsoluteTolerance = 1e-10 } });
        Assert.IsTrue(solution.Converged);
        Assert.IsLessThan(1e-3, (solution.States - exact.States).abs().max().item<double>());
        Assert.ThrowsExactly<ArgumentException>(() => OdeSolver.Solve(Pendulum, start, times, options with { Method = OdeMethods.Leapfrog }));
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void Symplectic_methods_keep_the_energy_near_its_start_over_long_times(bool leapfrog)
    {
        using DisposeScope scope = NewDisposeScope();
        OdeMethod method = leapfrog ? OdeMethods.Leapfrog : OdeMethods.SymplecticEuler;
        double[] times = [.. Enumerable.Range(0, 21).Select(i => i * 10.0)];
        using OdeSolution solution = OdeSolver.Solve(Pendulum, tensor(new[,] { { 1.0, 0.0 } }), times, new OdeOptions { Method = method, StepControl = new FixedStepControl(0.1) });
        Tensor energy = (solution.States.select(2, 1).square() / 2) - solution.States.select(2, 0).cos();
        Assert.IsLessThan(leapfrog ? 2e-3 : 5e-2, (energy - energy[0]).abs().max().item<double>());
    }

    [TestMethod]
    public void What_does_not_fit_a_method_is_refused()
    {
        using DisposeScope scope = NewDisposeScope();
        using var generator = new Generator(6);
        using var dynamics = new MlpDynamics(2, [3], generator);
        var options = new OdeOptions { Method = OdeMethods.Leapfrog, StepControl = new FixedStepControl(0.1) };
        Assert.ThrowsExactly<ArgumentException>(() => OdeSolver.Solve(new FunctionTerm((_, z) => z), ones(1, 3), [0, 1], options));
        Assert.ThrowsExactly<ArgumentException>(() => OdeSolver.Solve(dynamics, ones(1, 2), [0, 1], options with { GradientMethod = OdeGradientMethod.BacksolveAdjoint }, differentiable: true));
        var penalized = new PenalizedDynamics(dynamics, DynamicsPenalties.KineticEnergy);
        using OdeSolution solution = OdeSolver.Solve(penalized, penalized.Extend(ones(1, 2)), [0, 1], options with { Method = OdeMethods.RungeKutta4, GradientMethod = OdeGradientMethod.Backpropagation }, differentiable: true);
        Assert.ThrowsExactly<InvalidOperationException>(() => solution.Backward(ones_like(solution.States)));
    }

    private static double Error(OdeMethod method, double end, double size)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor start = tensor(new[,] { { 1.0, 0.5 } });
        using OdeSolution solution = OdeSolver.Solve(Pendulum, start, [0, end], new OdeOptions { Method = method, StepControl = new FixedStepControl(size) });
        using OdeSolution exact = OdeSolver.Solve(Pendulum, start, [0, end], new OdeOptions { StepControl = new PiStepControl { RelativeTolerance = 1e-11, AbsoluteTolerance = 1e-11 } });
        return (solution.States[1] - exact.States[1]).norm().item<double>();
    }

    /// <summary>Kutta's method of order 3, as a caller would write it.</summary>
    private sealed class ThirdOrder() : OneStepMethod(nameof(ThirdOrder), 3)
    {
        public override OneStepResult Advance(IOdeTerm term, double time, double size, Tensor state)
        {
            Tensor a = term.Evaluate(time, state);
            Tensor b = term.Evaluate(time + (size / 2), state + (a * (size / 2)));
            Tensor c = term.Evaluate(time + size, state - (a * size) + (b * (2 * size)));
            return new OneStepResult(state + ((a + (4 * b) + c) * (size / 6)));
        }
    }
}
