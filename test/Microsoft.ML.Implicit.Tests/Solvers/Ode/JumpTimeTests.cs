using Microsoft.ML.Implicit.Layers.Ode;
using Microsoft.ML.Implicit.Solvers.Ode;
using Microsoft.ML.Implicit.Tests.Layers.Ode;
using Microsoft.ML.Implicit.Tests.Solvers.Ode.Rowwise;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Tests.Solvers.Ode;

[TestClass]
public sealed class JumpTimeTests
{
    private static readonly double[] PulseEnds = [5, 5.01];

    public static IEnumerable<object[]> Settings =>
        from type in new[] { ScalarType.Float32, ScalarType.Float64 }
        from options in new OdeOptions[]
        {
            new(), new() { Method = OdeMethods.Tsit5 }, new() { Method = OdeMethods.Dopri8 }, new() { Method = OdeMethods.Bosh3 }, new() { Method = OdeMethods.Kvaerno3 }, new() { Method = OdeMethods.Kvaerno5 },
            new() { Method = OdeMethods.Euler, StepControl = new FixedStepControl(0.3) }, new() { Method = OdeMethods.AdamsBashforthMoulton, StepControl = new FixedStepControl(0.1) },
            new() { Method = OdeMethods.Kvaerno5, StepControl = new FixedStepControl(double.PositiveInfinity) },
        }
        select new object[] { type, options with { JumpTimes = PulseEnds } };

    [TestMethod]
    [DynamicData(nameof(Settings))]
    public void A_pulse_is_not_skipped_in_either_direction_of_time(ScalarType type, OdeOptions options)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor start = zeros(2, 1, type);
        using OdeSolution solution = OdeSolver.Solve(Pulse(strict: false), start, [0, 5, 5.01, 10], options);
        AssertEqual([0, 0, 1, 1], solution);
        using OdeSolution strict = OdeSolver.Solve(Pulse(strict: true), start, [0, 4, 5.005, 10], options);
        AssertEqual([0, 0, 0.5, 1], strict);
        using OdeSolution backward = OdeSolver.Solve(Pulse(strict: true), ones(2, 1, type), [10, 5.01, 5, 0], options);
        AssertEqual([1, 1, 0, 0], backward);
        using OdeSolution within = OdeSolver.Solve(Pulse(strict: true), start, [5, 5.01], options);
        AssertEqual([0, 1], within);
    }

    [TestMethod]
    public void Rows_with_times_of_their_own_step_to_the_jumps()
    {
        using DisposeScope scope = NewDisposeScope();
        var term = new RowFunctionTerm((t, z) => t.ge(5).logical_and(t.lt(5.01)).to(z.dtype).mul(100).view(-1, 1).expand_as(z));
        foreach (ScalarType type in (ScalarType[])[ScalarType.Float32, ScalarType.Float64])
        {
            foreach (OdeStepControl control in (OdeStepControl[])[new PiStepControl(), new FixedStepControl(0.7)])
            {
                double[][] times = [[0, 5, 5.01, 10], [10, 5.01, 5, 0], [2, 3, 5.005, 6], [0, 1, 1, 1]];
                using OdeSolution solution = OdeSolver.Solve(term, tensor(new[] { 0.0, 1, 0, 0 }).view(4, 1).to(type), times, new OdeOptions { JumpTimes = PulseEnds, StepControl = control });
                Assert.IsTrue(solution.Converged);
                Tensor expected = tensor(new[,] { { 0.0, 1, 0, 0 }, { 0, 1, 0, 0 }, { 1, 0, 0.5, 0 }, { 1, 0, 1, 0 } });
                Assert.IsLessThan(1e-4, (solution.States.squeeze(2).to(ScalarType.Float64) - expected).abs().max().item<double>());
            }
        }
    }

    [TestMethod]
    public void Jumps_outside_of_a_solve_change_nothing_and_order_and_repetition_do_not_matter()
    {
        using DisposeScope scope = NewDisposeScope();
        using OdeSolution plain = OdeSolver.Solve(Switched(), ones(1, 1, ScalarType.Float64), [0, 0.4]);
        using OdeSolution outside = OdeSolver.Solve(Switched(), ones(1, 1, ScalarType.Float64), [0, 0.4], new OdeOptions { JumpTimes = [-1, 7] });
        Assert.AreEqual(plain.States[1].item<double>(), outside.States[1].item<double>());
        Assert.AreEqual(plain.Statistics, outside.Statistics);
        using OdeSolution sorted = OdeSolver.Solve(Switched(), ones(1, 1, ScalarType.Float64), [0, 2], new OdeOptions { JumpTimes = [0.5, 1.25] });
        using OdeSolution unsorted = OdeSolver.Solve(Switched(), ones(1, 1, ScalarType.Float64), [0, 2], new OdeOptions { JumpTimes = [1.25, 0.5, 1.25] });
        Assert.AreEqual(sorted.States[1].item<double>(), unsorted.States[1].item<double>());
        foreach (double time in (double[])[double.NaN, double.PositiveInfinity])
        {
            ArgumentException refused = Assert.ThrowsExactly<ArgumentException>(() => new NeuralOde(new MlpDynamics(1, [], new Generator(1)), new OdeOptions { JumpTimes = [1, time] }));
            StringAssert.Contains(refused.Message, nameof(OdeOptions.JumpTimes));
        }

        Assert.ThrowsExactly<ArgumentNullException>(() => OdeSolver.Solve(Switched(), ones(1, 1), [0, 1], new OdeOptions { JumpTimes = null! }));
    }

    [TestMethod]
    public void Jumps_closer_than_the_type_resolves_are_harmless()
    {
        using DisposeScope scope = NewDisposeScope();
        double[] jumps = [.. Enumerable.Range(0, 20).Select(i => 0.5 + (i * 1e-9))];
        using OdeSolution solution = OdeSolver.Solve(Switched(), ones(1, 1), [0, 2], new OdeOptions { JumpTimes = jumps });
        Assert.IsTrue(solution.Converged);
    }

    [TestMethod]
    public void Known_jumps_cost_far_fewer_steps_than_unknown_ones()
    {
        using DisposeScope scope = NewDisposeScope();
        OdeOptions options = new() { StepControl = new PiStepControl { RelativeTolerance = 1e-9, AbsoluteTolerance = 1e-9 } };
        double exact = Math.Exp(-0.5 + (2 * 0.75) - (0.75 * 1));
        using OdeSolution known = OdeSolver.Solve(Switched(), ones(1, 1, ScalarType.Float64), [0, 2], options with { JumpTimes = [0.5, 1.25] });
        using OdeSolution unknown = OdeSolver.Solve(Switched(), ones(1, 1, ScalarType.Float64), [0, 2], options);
        Assert.AreEqual(exact, known.States[1].item<double>(), 1e-8);
        Assert.AreEqual(0, known.Statistics.RejectedSteps);
        Assert.IsLessThan(unknown.Statistics.Evaluations / 2, known.Statistics.Evaluations);
    }

    [TestMethod]
    [DataRow(OdeGradientMethod.CheckpointedAdjoint)]
    [DataRow(OdeGradientMethod.BacksolveAdjoint)]
    [DataRow(OdeGradientMethod.Backpropagation)]
    public void Gradients_pass_through_jumps(OdeGradientMethod method)
    {
        OdeOptions tight = new() { StepControl = new PiStepControl { RelativeTolerance = 1e-9, AbsoluteTolerance = 1e-9 } };
        List<OdeOptions> all = [tight with { MaximumCheckpoints = 3 }];
        if (method != OdeGradientMethod.Backpropagation)
        {
            all.Add(tight with { Method = OdeMethods.Kvaerno5, StepControl = new PiStepControl { RelativeTolerance = 1e-7, AbsoluteTolerance = 1e-7 } });
            all.Add(new OdeOptions { Method = OdeMethods.AdamsBashforthMoulton, StepControl = new FixedStepControl(0.02), MaximumCheckpoints = 5 });
        }

        foreach (OdeOptions options in all)
        {
            AssertGradients(options with { GradientMethod = method, JumpTimes = [0.5, 1.25] }, [0, 0.3, 0.8, 1.25, 2]);
            AssertGradients(options with { GradientMethod = method, JumpTimes = [0.5, 1.25] }, [2, 0.9, 0.1, 0]);
        }
    }

    [TestMethod]
    public void Gradients_of_rows_with_times_of_their_own_pass_through_jumps()
    {
        using DisposeScope scope = NewDisposeScope();
        using var module = new SwitchedModule();
        var options = new OdeOptions { JumpTimes = [0.5, 1.25], MaximumCheckpoints = 3, StepControl = new PiStepControl { RelativeTolerance = 1e-9, AbsoluteTolerance = 1e-9 } };
        Tensor start = tensor(new[,] { { 0.7, 1.0 }, { -0.3, 0.5 } });
        double[][] times = [[0, 0.8, 1.25, 2], [2, 1, 0.5, 0.1]];
        var term = new AutogradOdeTerm(module);
        using OdeSolution solution = OdeSolver.Solve(term, start, times, options, differentiable: true);
        using OdeGradients gradients = solution.Backward(ones_like(solution.States), timeGradients: true);
        Tensor expected = FiniteDifferences.Gradient(start, Scalar);
        Assert.IsLessThan(1e-6, (expected - gradients.InitialState).abs().max().item<double>());
        Assert.IsLessThan(1e-6, (FiniteDifferences.Gradient(module.Rate, Scalar) - gradients.Parameters).abs().max().item<double>());

        double Scalar()
        {
            using OdeSolution at = OdeSolver.Solve(term, start, times, options);
            return at.States.sum().item<double>();
        }
    }

    [TestMethod]
    public void The_built_in_perceptron_keeps_its_gradient_in_managed_memory()
    {
        using DisposeScope scope = NewDisposeScope();
        using var generator = new Generator(4);
        using var dynamics = new MlpDynamics(3, [8], generator, time: TimeConditioning.Concatenate);
        Tensor start = randn([20, 3], generator: generator);
        var options = new OdeOptions { MaximumCheckpoints = 2, StepControl = new PiStepControl { RelativeTolerance = 1e-5, AbsoluteTolerance = 1e-5 } };
        (Tensor state, Tensor parameters) = Gradients(options);
        (Tensor stateWithJumps, Tensor parametersWithJumps) = Gradients(options with { JumpTimes = [0, 0.31, 0.9, 2] });
        Assert.IsLessThan(1e-3, ((state - stateWithJumps).norm() / state.norm()).item<float>());
        Assert.IsLessThan(1e-3, ((parameters - parametersWithJumps).norm() / parameters.norm()).item<float>());

        (Tensor, Tensor) Gradients(OdeOptions used)
        {
            using OdeSolution solution = OdeSolver.Solve(dynamics, start, [0, 0.5, 2], used, differentiable: true);
            OdeGradients gradients = solution.Backward(ones_like(solution.States));
            return (gradients.InitialState, gradients.Parameters);
        }
    }

    private static void AssertGradients(OdeOptions options, double[] times)
    {
        using DisposeScope scope = NewDisposeScope();
        using var module = new SwitchedModule();
        var term = new AutogradOdeTerm(module);
        Tensor start = tensor(new[,] { { 0.7, 1.0 }, { -0.3, 0.5 } });
        Tensor weights = arange(times.Length * 4, dtype: ScalarType.Float64).view(times.Length, 2, 2).cos();
        using OdeSolution solution = OdeSolver.Solve(term, start, times, options, differentiable: true);
        using OdeGradients gradients = solution.Backward(weights);
        string what = $"{options.Method} {options.GradientMethod} {times[0]}";
        Assert.IsLessThan(2e-5, (FiniteDifferences.Gradient(start, Scalar) - gradients.InitialState).abs().max().item<double>(), what);
        Assert.IsLessThan(2e-5, (FiniteDifferences.Gradient(module.Rate, Scalar) - gradients.Parameters).abs().max().item<double>(), what);

        double Scalar()
        {
            using OdeSolution at = OdeSolver.Solve(term, start, times, options);
            return (at.States * weights).sum().item<double>();
        }
    }

    private static FunctionTerm Pulse(bool strict) => new((t, z) => full_like(z, (strict ? t > 5 && t < 5.01 : t >= 5 && t < 5.01) ? 100 : 0));

    // z' = -z, then 2z, then -z.
    private static FunctionTerm Switched() => new((t, z) => z * (t >= 0.5 && t < 1.25 ? 2 : -1));

    private static void AssertEqual(double[] expected, OdeSolution solution)
    {
        Assert.IsTrue(solution.Converged);
        Tensor difference = solution.States.to(ScalarType.Float64) - tensor(expected).view(-1, 1, 1);
        Assert.IsLessThan(1e-5, difference.abs().max().item<double>(), $"{solution.Options.Method} {solution.States.dtype}: {string.Join(", ", solution.States.select(1, 0).to(ScalarType.Float64).view(-1).data<double>())}");
    }

    /// <summary>z' = a z sin z, with another sign of a within a window of time.</summary>
    private sealed class SwitchedModule : nn.Module<Tensor, Tensor, Tensor>
    {
        public SwitchedModule()
            : base(nameof(SwitchedModule)) => RegisterComponents();

        public TorchSharp.Modules.Parameter Rate { get; } = new(tensor(new[] { 0.8, -0.4 }));

        public override IEnumerable<TorchSharp.Modules.Parameter> parameters(bool recurse = true) => [Rate];

        public override Tensor forward(Tensor time, Tensor state)
        {
            Tensor inside = time.ge(0.5).logical_and(time.lt(1.25)).to(state.dtype);
            return state * (state.sin() + 0.5) * Rate * (1 - (3 * inside));
        }
    }
}
