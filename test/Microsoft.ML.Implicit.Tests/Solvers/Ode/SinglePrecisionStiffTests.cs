using Microsoft.ML.Implicit.Differentiation;
using Microsoft.ML.Implicit.Layers.Ode;
using Microsoft.ML.Implicit.Solvers;
using Microsoft.ML.Implicit.Solvers.Ode;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Tests.Solvers.Ode;

/// <summary>Implicit methods where rounding is as large as the tolerance, and in units of any size.</summary>
[TestClass]
public sealed class SinglePrecisionStiffTests
{
    private static readonly FunctionTerm Decay = new((_, z) => z.neg());

    public static IEnumerable<object[]> ImplicitMethods => [[OdeMethods.Kvaerno3], [OdeMethods.Kvaerno5]];

    [TestMethod]
    [DynamicData(nameof(ImplicitMethods))]
    public void Decay_is_solved_at_the_default_tolerance(OdeMethod method)
    {
        using DisposeScope scope = NewDisposeScope();
        using OdeSolution solution = OdeSolver.Solve(Decay, ones(1, 1), [0, 1], new OdeOptions { Method = method });
        Assert.IsTrue(solution.Converged);
        Assert.AreEqual(0.36787944, solution.States[1].item<float>(), 3e-6);
        Assert.IsLessThan(200, solution.Statistics.AcceptedSteps + solution.Statistics.RejectedSteps);
    }

    [TestMethod]
    [DynamicData(nameof(ImplicitMethods))]
    public void Tolerances_below_rounding_are_met_as_far_as_rounding_allows(OdeMethod method)
    {
        foreach (ScalarType type in (ScalarType[])[ScalarType.Float32, ScalarType.Float64])
        {
            using DisposeScope scope = NewDisposeScope();
            double rounding = OdeArguments.Epsilon(type);
            var control = new PiStepControl { RelativeTolerance = rounding / 4, AbsoluteTolerance = 0 };
            OdeOptions options = new() { Method = method, StepControl = control, MaximumSteps = 2000 };
            Tensor start = tensor(new[] { 1.0, 1e3 }).view(2, 1).to(type);
            double[] times = type == ScalarType.Float32 ? [0, 1] : [0, 0.01];
            using OdeSolution solution = OdeSolver.Solve(Decay, start, times, options);
            Assert.IsTrue(solution.Converged, $"{method} {type}: {solution.Status[0]}");
            Tensor relative = (solution.States[1] / start).sub(Math.Exp(-times[1])).abs();
            Assert.IsLessThan(100 * rounding, relative.max().to(ScalarType.Float64).item<double>());
        }
    }

    [TestMethod]
    [DynamicData(nameof(ImplicitMethods))]
    public void Units_of_state_and_time_change_neither_solution_nor_cost(OdeMethod method)
    {
        int expected = Steps(1, 1);
        foreach ((double unit, double time) in ((double, double)[])[(1e-6, 1), (1e6, 1), (1, 1e-6), (1, 1e9), (1e6, 1e-6), (1e-6, 1e9)])
        {
            Assert.AreEqual(expected, Steps(unit, time), 0.2 * expected, $"{method}: unit {unit}, time {time}");
        }

        int Steps(double unit, double time)
        {
            using DisposeScope scope = NewDisposeScope();
            var options = new OdeOptions { Method = method, MaximumSteps = 500, StepControl = new PiStepControl { RelativeTolerance = 1e-5, AbsoluteTolerance = 1e-6 * unit, InitialStep = 1e-3 * time } };
            using OdeSolution solution = OdeSolver.Solve(Competition(unit, time), Start(unit), [0, 5 * time], options);
            Assert.IsTrue(solution.Converged, $"{method}: unit {unit}, time {time} ended with {solution.Status[0]}");
            Tensor exact = Exact(5, unit);
            Assert.IsLessThan(3e-4, ((solution.States[1] - exact) / exact).abs().max().item<float>());
            return solution.Statistics.AcceptedSteps;
        }
    }

    [TestMethod]
    [DynamicData(nameof(ImplicitMethods))]
    public void Fixed_steps_solve_for_their_stages_in_any_unit(OdeMethod method)
    {
        foreach (ScalarType type in (ScalarType[])[ScalarType.Float32, ScalarType.Float64])
        {
            foreach (double unit in (double[])[1e-12, 1, 1e6])
            {
                using DisposeScope scope = NewDisposeScope();
                var options = new OdeOptions { Method = method, StepControl = new FixedStepControl(0.05) };
                using OdeSolution solution = OdeSolver.Solve(Competition(unit, 1), Start(unit).to(type), [0, 5], options);
                Tensor exact = Exact(5, unit).to(type);
                Assert.IsTrue(solution.Converged);
                Assert.IsLessThan(1e-4, ((solution.States[1] - exact) / exact).abs().max().to(ScalarType.Float64).item<double>(), $"{method} {type} unit {unit}");
            }
        }
    }

    [TestMethod]
    [DynamicData(nameof(ImplicitMethods))]
    public void Rows_of_very_different_size_are_all_solved(OdeMethod method)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor start = tensor(new[] { 1e-6f, 1, 1e6f }).view(3, 1);
        using OdeSolution solution = OdeSolver.Solve(Decay, start, [0, 1], new OdeOptions { Method = method });
        Assert.IsTrue(solution.Converged);
        Assert.IsLessThan(1e-5, (solution.States[1] / start).sub(Math.Exp(-1)).abs().max().item<float>());
    }

    [TestMethod]
    [DynamicData(nameof(ImplicitMethods))]
    public void Robertsons_reaction_is_solved(OdeMethod method)
    {
        using DisposeScope scope = NewDisposeScope();
        var robertson = new FunctionTerm((_, y) =>
        {
            (Tensor a, Tensor b, Tensor c) = (y.select(1, 0), y.select(1, 1), y.select(1, 2));
            Tensor slow = 0.04 * a;
            Tensor fast = 1e4 * b * c;
            Tensor faster = 3e7 * b.square();
            return stack([fast - slow, slow - fast - faster, faster], 1);
        });
        foreach (double absolute in (double[])[1e-6, 1e-9])
        {
            var options = new OdeOptions { Method = method, MaximumSteps = 1000, StepControl = new PiStepControl { RelativeTolerance = 1e-5, AbsoluteTolerance = absolute } };
            using OdeSolution solution = OdeSolver.Solve(robertson, tensor(new[,] { { 1f, 0, 0 } }), [0, 40, 4000, 1e8], options);
            Assert.IsTrue(solution.Converged, $"{method}, {absolute}: {solution.Status[0]}");
            Assert.AreEqual(0.7158, solution.States[1, 0, 0].item<float>(), 5e-4);
            Assert.AreEqual(1, solution.States[2].sum().item<float>(), 1e-4);
        }
    }

    [TestMethod]
    [DynamicData(nameof(ImplicitMethods))]
    public void Van_der_Pols_oscillator_follows_its_slow_branch(OdeMethod method)
    {
        // ln y - y²/2 = ln 2 - 2 + t/mu up to 1/mu² on the slow branch.
        using DisposeScope scope = NewDisposeScope();
        var oscillator = new FunctionTerm((_, y) => stack([y.select(1, 1), (1000 * (1 - y.select(1, 0).square()) * y.select(1, 1)) - y.select(1, 0)], 1));
        using OdeSolution solution = OdeSolver.Solve(oscillator, tensor(new[,] { { 2f, -2f / 3000 } }), [0, 300, 600], new OdeOptions { Method = method });
        Assert.IsTrue(solution.Converged);
        double y = solution.States[2, 0, 0].item<float>();
        Assert.AreEqual(Math.Log(2) - 2 + 0.6, Math.Log(y) - (y * y / 2), 2e-4);
    }

    [TestMethod]
    [DynamicData(nameof(ImplicitMethods))]
    public void A_perceptron_is_solved_and_differentiated(OdeMethod method)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor expected = Gradient(OdeMethods.Dopri5, ScalarType.Float64);
        Tensor actual = Gradient(method, ScalarType.Float32);
        Assert.IsLessThan(1e-3, ((actual - expected).norm() / expected.norm()).item<double>());

        Tensor Gradient(OdeMethod used, ScalarType type)
        {
            using var generator = new Generator(3);
            using var dynamics = new MlpDynamics(4, [16], generator);
            dynamics.to(type);
            Tensor start = randn([8, 4], ScalarType.Float64, generator: generator).to(type).requires_grad_();
            Tensor loss = new NeuralOde(dynamics, new OdeOptions { Method = used }).forward(start, tensor(new[] { 0.0, 0.5, 2 })).square().sum();
            ImplicitBackward.Run(() => loss.backward());
            return cat([start.grad!.view(-1), .. dynamics.Parameters.Select(p => p.grad!.view(-1))]).to(ScalarType.Float64).clone();
        }
    }

    [TestMethod]
    [DynamicData(nameof(ImplicitMethods))]
    public void A_step_whose_equations_are_singular_is_repeated_with_another_size(OdeMethod method)
    {
        // I - hγJ is zero for the first step.
        using DisposeScope scope = NewDisposeScope();
        double diagonal = ((DiagonallyImplicitRungeKutta)method).Diagonal;
        var control = new PiStepControl { RelativeTolerance = 1e-3, AbsoluteTolerance = 1e-3, InitialStep = 1 / diagonal };
        using OdeSolution solution = OdeSolver.Solve(new FunctionTerm((_, z) => z.clone()), ones(1, 1, ScalarType.Float64), [0, 5], new OdeOptions { Method = method, StepControl = control });
        Assert.AreEqual(Math.Exp(5), solution.States[1].item<double>(), 0.03 * Math.Exp(5));
    }

    [TestMethod]
    public void A_layer_throws_on_failure_unless_asked_not_to()
    {
        using DisposeScope scope = NewDisposeScope();
        using var generator = new Generator(3);
        using var dynamics = new MlpDynamics(2, [4], generator);
        Tensor times = tensor(new[] { 0f, 50 });
        var few = new OdeOptions { MaximumSteps = 2 };
        SolveFailedException failure = Assert.ThrowsExactly<SolveFailedException>(() => new NeuralOde(dynamics, few).forward(ones(3, 2), times));
        Assert.AreEqual(SolveStatus.MaximumIterations, failure.Status);
        StringAssert.Contains(failure.Message, "Row 0");
        StringAssert.Contains(failure.Message, "3 of 3 rows");
        StringAssert.Contains(failure.Message, nameof(SolveStatus.MaximumIterations));
        Assert.ThrowsExactly<SolveFailedException>(() => new NeuralOde(dynamics, few).forward(ones(3, 2), times.expand(3, 2)));
        Tensor states = new NeuralOde(dynamics, few with { ThrowOnFailure = false }).forward(ones(3, 2), times);
        Assert.IsTrue(states[1].isnan().all().item<bool>());
    }

    // Two species that decay alone and together, one of them fast: x' = -x, y' = -1000 (y - x²/u), so that y follows x²/u.
    private static FunctionTerm Competition(double unit, double time) => new((_, z) =>
    {
        (Tensor x, Tensor y) = (z.select(1, 0), z.select(1, 1));
        return stack([x.neg(), -1000 * (y - (x / unit * x))], 1) / time;
    });

    private static Tensor Start(double unit) => tensor(new[,] { { 1.0, 1.0 } }).mul(unit).to(ScalarType.Float32);

    // y = e⁻²ᵗ 1000/998 once the fast transient is over.
    private static Tensor Exact(double t, double unit) => tensor(new[,] { { Math.Exp(-t), Math.Exp(-2 * t) * 1000 / 998 } }).mul(unit).to(ScalarType.Float32);
}
