using Microsoft.ML.Implicit.Solvers;
using Microsoft.ML.Implicit.Solvers.Ode;
using Microsoft.ML.Implicit.Solvers.Sde;
using Microsoft.ML.Implicit.Solvers.Sde.Brownian;
using Microsoft.ML.Implicit.Solvers.Sde.Stepping;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Tests.Solvers.Sde;

[TestClass]
public sealed class SdeSolverTests
{
    private const double Drift = 0.3;
    private const double Volatility = 0.5;

    [TestMethod]
    public void Geometric_Brownian_motion_follows_its_exact_solution_on_the_same_path()
    {
        using DisposeScope scope = NewDisposeScope();
        BrownianPath path = Path(10_000, 2, intervals: 64);
        Tensor start = full([10_000, 2], 1.5, ScalarType.Float64);
        double[] times = [0, 0.25, 1];
        using SdeSolution ito = SdeSolver.Solve(Growth(StochasticCalculus.Ito), start, times, path, Fixed(SdeMethods.Milstein, 64));
        using SdeSolution stratonovich = SdeSolver.Solve(Growth(StochasticCalculus.Stratonovich), start, times, path, Fixed(SdeMethods.SlowRk, 64));
        foreach (int k in (int[])[1, 2])
        {
            Tensor w = path.Increment(0, times[k]).W;
            Tensor exact = 1.5 * ((Drift * times[k]) + (Volatility * w)).exp();
            Assert.IsLessThan(2e-4, RootMeanSquare(stratonovich.States[k] - exact));
            Assert.IsLessThan(1e-2, RootMeanSquare(ito.States[k] - (exact * Math.Exp(-0.5 * Volatility * Volatility * times[k]))));
        }
    }

    [TestMethod]
    public void Geometric_Brownian_motion_has_its_moments()
    {
        using DisposeScope scope = NewDisposeScope();
        const int Rows = 40_000;
        using SdeSolution solution = SdeSolver.Solve(
            Growth(StochasticCalculus.Ito), ones(Rows, 1, ScalarType.Float64), [0, 1], Path(Rows, 1, intervals: 128), Fixed(SdeMethods.DerivativeFreeMilstein, 128));
        Tensor end = solution.States[1];

        // Moments of the lognormal distribution, to four standard errors and the weak error of the steps.
        double variance = Volatility * Volatility;
        double second = Math.Exp((2 * Drift) + variance);
        double fourth = Math.Exp((4 * Drift) + (6 * variance));
        AssertMoment(Math.Exp(Drift), end.mean().item<double>(), second - Math.Exp(2 * Drift), Rows, 128);
        AssertMoment(second, end.pow(2).mean().item<double>(), fourth - (second * second), Rows, 128);
    }

    [TestMethod]
    public void An_Ornstein_Uhlenbeck_process_follows_its_exact_solution_on_the_same_path_and_has_its_moments()
    {
        using DisposeScope scope = NewDisposeScope();
        const int Rows = 40_000;
        const double Rate = 2;
        BrownianPath path = Path(Rows, 1, intervals: 128);
        var equation = new FunctionEquation(
            StochasticCalculus.Ito, NoiseKind.Scalar, (t, y) => Rate * (1 - y), (t, y) => full_like(y, Volatility), isAdditive: true);
        Tensor start = full([Rows, 1], 3.0, ScalarType.Float64);
        using SdeSolution solution = SdeSolver.Solve(equation, start, [0, 1], path, Fixed(SdeMethods.Shark, 32));

        // ∫ e^{-r(1-s)} dW over each short interval, with the exponential linear in time there.
        Tensor exact = full_like(start, 1 + (2 * Math.Exp(-Rate)));
        for (int i = 0; i < 128; i++)
        {
            BrownianIncrement noise = path.Increment(i / 128.0, (i + 1) / 128.0);
            (double first, double last) = (Math.Exp(-Rate * (1 - (i / 128.0))), Math.Exp(-Rate * (1 - ((i + 1) / 128.0))));
            exact = exact + (Volatility * ((0.5 * (first + last) * noise.W) + ((first - last) * noise.H)));
        }

        Tensor end = solution.States[1];
        Assert.IsLessThan(1e-3, RootMeanSquare(end - exact));
        double variance = Volatility * Volatility / (2 * Rate) * (1 - Math.Exp(-2 * Rate));
        AssertMoment(1 + (2 * Math.Exp(-Rate)), end.mean().item<double>(), variance, Rows, 1000);
        AssertMoment(variance, end.var().item<double>(), 2 * variance * variance, Rows, 1000);
    }

    [TestMethod]
    public void Additive_noise_in_time_follows_its_closed_form()
    {
        // dy = (b / √(1 + t) - y / (2 (1 + t))) dt + a b / √(1 + t) dW has the solution (y₀ + b (t + a W)) / √(1 + t) (torchsde's third problem).
        using DisposeScope scope = NewDisposeScope();
        BrownianPath path = Path(1000, 1, intervals: 64);
        var equation = new FunctionEquation(
            StochasticCalculus.Ito,
            NoiseKind.Diagonal,
            (t, y) => (0.5 / Math.Sqrt(1 + t)) - (y / (2 * (1 + t))),
            (t, y) => full_like(y, 0.4 * 0.5 / Math.Sqrt(1 + t)),
            isAdditive: true);
        foreach ((SdeMethod method, double bound) in ((SdeMethod, double)[])[(SdeMethods.Shark, 5e-5), (SdeMethods.Sra1, 5e-5), (SdeMethods.SlowRk, 5e-5), (SdeMethods.Heun, 2e-3)])
        {
            using SdeSolution solution = SdeSolver.Solve(equation, ones(1000, 1, ScalarType.Float64), [0, 1], path, Fixed(method, 64));
            Tensor exact = (1 + (0.5 * (1 + (0.4 * path.Increment(0, 1).W)))) / Math.Sqrt(2);
            Assert.IsLessThan(bound, RootMeanSquare(solution.States[1] - exact), method.Name);
        }
    }

    public static IEnumerable<object[]> AdaptiveMethods =>
    [
        [SdeMethods.Heun, "diagonal"], [SdeMethods.SlowRk, "scalar"], [SdeMethods.Shark, "additive"], [SdeMethods.ReversibleHeun, "additive"], [SdeMethods.Heun, "general"],
    ];

    [TestMethod]
    [DynamicData(nameof(AdaptiveMethods))]
    public void Adaptive_steps_come_to_the_same_solution_as_short_ones(SdeMethod method, string noise)
    {
        using DisposeScope scope = NewDisposeScope();
        StochasticEquation equation = NonlinearEquations.Create(noise, StochasticCalculus.Stratonovich);
        BrownianPath path = Path(50, NonlinearEquations.Channels(noise));
        Tensor start = tensor(new[] { 0.5, -0.2 }).expand(50, 2);
        using SdeSolution reference = SdeSolver.Solve(equation, start, [0, 0.3, 1], path, Fixed(equation.IsCommutative ? SdeMethods.SlowRk : SdeMethods.Heun, 4096));
        double[] errors = [.. new[] { 1e-2, 1e-3 }.Select(tolerance =>
        {
            var options = new SdeOptions { Method = method, StepControl = new PiStepControl { RelativeTolerance = tolerance, AbsoluteTolerance = tolerance, InitialStep = 0.3 } };
            using SdeSolution solution = SdeSolver.Solve(equation, start, [0, 0.3, 1], path, options);
            Assert.IsTrue(solution.Converged);
            Assert.IsGreaterThan(0, solution.Statistics.RejectedSteps);
            return RootMeanSquare(solution.States - reference.States);
        })];
        Assert.IsLessThan(0.06, errors[0], $"{errors[0]:E2}, {errors[1]:E2}");
        Assert.IsLessThan(0.5 * errors[0], errors[1], $"{errors[0]:E2}, {errors[1]:E2}");
    }

    [TestMethod]
    public void A_row_does_not_depend_on_the_others_and_seeds_repeat()
    {
        using DisposeScope scope = NewDisposeScope();
        long[] seeds = BrownianPath.Seeds(11, 9);
        StochasticEquation equation = NonlinearEquations.Create("general", StochasticCalculus.Stratonovich);
        Tensor start = randn(9, 2, ScalarType.Float64);
        Tensor all = Solve(seeds, start);
        Assert.AreEqual(0, (all - Solve(seeds, start)).abs().max().item<double>());
        Tensor some = Solve([seeds[7], seeds[2]], start[tensor(new[] { 7L, 2L })]);
        Assert.IsLessThan(1e-13, (all.index_select(0, tensor(new[] { 7L, 2L })) - some).abs().max().item<double>());

        Tensor Solve(long[] rows, Tensor initial)
        {
            var path = new BrownianPath(rows, 2, 0, 1, 50);
            using SdeSolution solution = SdeSolver.Solve(equation, initial, [0, 1], path, Fixed(SdeMethods.Heun, 50));
            return solution.States[1].clone();
        }
    }

    [TestMethod]
    public void Single_precision_differs_by_its_rounding()
    {
        using DisposeScope scope = NewDisposeScope();
        BrownianPath path = Path(100, 2, intervals: 50);
        StochasticEquation equation = NonlinearEquations.Create("diagonal", StochasticCalculus.Stratonovich);
        Tensor start = tensor(new[] { 0.5, -0.2 }).expand(100, 2);
        using SdeSolution exact = SdeSolver.Solve(equation, start, [0, 1], path, Fixed(SdeMethods.Heun, 50));
        using SdeSolution rounded = SdeSolver.Solve(equation, start.to(ScalarType.Float32), [0, 1], path, Fixed(SdeMethods.Heun, 50));
        Assert.AreEqual(ScalarType.Float32, rounded.States.dtype);
        Assert.IsLessThan(1e-3, (rounded.States.to(ScalarType.Float64) - exact.States).abs().max().item<double>());
    }

    [TestMethod]
    public void A_row_that_is_not_finite_leaves_the_others_alone()
    {
        using DisposeScope scope = NewDisposeScope();
        BrownianPath path = Path(3, 1, intervals: 20);
        var equation = new FunctionEquation(StochasticCalculus.Ito, NoiseKind.Diagonal, (t, y) => y.pow(3).exp(), (t, y) => 0.1 * y);
        Tensor start = tensor(new[] { 0.1, double.NaN, 30.0 }).view(3, 1);
        using SdeSolution solution = SdeSolver.Solve(equation, start, [0, 0.1], path, Fixed(SdeMethods.EulerMaruyama, 100));
        Assert.AreSequenceEqual([SolveStatus.Converged, SolveStatus.InvalidInput, SolveStatus.Diverged], solution.Status);
        Assert.IsFalse(solution.Converged);
        SolveFailedException failure = Assert.ThrowsExactly<SolveFailedException>(() =>
            SdeSolver.Solve(equation, start, [0, 0.1], path, Fixed(SdeMethods.EulerMaruyama, 100) with { ThrowOnFailure = true }));
        Assert.AreEqual(1, failure.Row);
    }

    [TestMethod]
    public void The_limit_on_steps_ends_a_solve_with_what_was_reached()
    {
        using DisposeScope scope = NewDisposeScope();
        using SdeSolution solution = SdeSolver.Solve(
            Growth(StochasticCalculus.Ito), ones(2, 1, ScalarType.Float64), [0, 0.5, 1], Path(2, 1), Fixed(SdeMethods.EulerMaruyama, 10) with { MaximumSteps = 7 });
        Assert.AreEqual(2, solution.ReachedTimes);
        Assert.IsTrue(solution.Status.All(status => status == SolveStatus.MaximumIterations));
        Assert.IsTrue(solution.States[2].isnan().all().item<bool>());
        Assert.AreEqual(new OdeStatistics(7, 7, 0), solution.Statistics);
    }

    [TestMethod]
    public void A_cancelled_solve_stops()
    {
        using DisposeScope scope = NewDisposeScope();
        var options = Fixed(SdeMethods.EulerMaruyama, 10) with { CancellationToken = new CancellationToken(true) };
        Assert.ThrowsExactly<OperationCanceledException>(() => SdeSolver.Solve(Growth(StochasticCalculus.Ito), ones(1, 1), [0, 1], Path(1, 1), options));
    }

    [TestMethod]
    public void What_does_not_fit_together_is_refused_by_name()
    {
        using DisposeScope scope = NewDisposeScope();
        StochasticEquation ito = Growth(StochasticCalculus.Ito);
        StochasticEquation general = NonlinearEquations.Create("general", StochasticCalculus.Ito);
        Tensor start = ones(2, 2, ScalarType.Float64);
        BrownianPath path = Path(2, 2);
        AssertRefused("Ito", ito, start, [0, 1], path, SdeMethods.Heun);
        AssertRefused("Stratonovich", Growth(StochasticCalculus.Stratonovich), start, [0, 1], path, SdeMethods.EulerMaruyama);
        AssertRefused("General", general, start, [0, 1], path, SdeMethods.Milstein);
        AssertRefused("Diagonal", ito, start, [0, 1], path, SdeMethods.Shark);
        AssertRefused("3 channels", ito, start, [0, 1], Path(2, 3), null);
        AssertRefused("5 rows", ito, start, [0, 1], Path(5, 2), null);
        AssertRefused("from time 0 to 1", ito, start, [0, 1.5], path, null);
        AssertRefused("backward", ito, start, [1, 0], path, null);
        AssertRefused("[rows, dimension]", ito, ones(2, 2, 1), [0, 1], path, null);
        var wrongShape = new FunctionEquation(StochasticCalculus.Ito, NoiseKind.General, (t, y) => y, (t, y) => y);
        AssertRefused("[2, 2, 2]", wrongShape, start, [0, 1], path, SdeMethods.EulerMaruyama);
    }

    [TestMethod]
    public void A_solve_leaves_no_tensor_behind()
    {
        using DisposeScope scope = NewDisposeScope();
        StochasticEquation equation = NonlinearEquations.Create("scalar", StochasticCalculus.Ito);
        Tensor start = ones(4, 2, ScalarType.Float64);
        BrownianPath path = Path(4, 1);
        long before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        SdeSolver.Solve(equation, start, [0, 0.4, 1], path, Fixed(SdeMethods.Milstein, 16)).Dispose();
        SdeSolver.Solve(equation, start, [0, 0.4, 1], path).Dispose();
        Assert.AreEqual(before, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
    }

    [TestMethod]
    [DataRow(1, 1)]
    [DataRow(3, 5)]
    [DataRow(40_000, 2)]
    public void A_step_in_one_pass_over_memory_is_that_of_tensor_operations(int rows, int dimension)
    {
        using DisposeScope scope = NewDisposeScope();
        BrownianPath path = Path(rows, dimension, intervals: 4);
        foreach (ScalarType type in (ScalarType[])[ScalarType.Float32, ScalarType.Float64])
        {
            using var generator = new Generator(1);
            Tensor state = randn([rows, dimension], type, generator: generator), drift = randn([rows, dimension], type, generator: generator);
            Tensor diffusion = randn([dimension, rows], type, generator: generator).t();
            using var driven = new DrivenEquation(Growth(StochasticCalculus.Ito), path, state);
            var step = new SdeStep(driven, 0.25, 0.6, false);
            Tensor expected = state + (0.5 * ((0.35 * drift) + (diffusion * step.W)));
            using (no_grad())
            {
                Tensor actual = driven.TryMove(step, state, drift, diffusion.contiguous(), 0.5)!;
                AssertClose(expected, actual);
                AssertClose(expected, step.Moved(state, drift, diffusion.contiguous(), 0.5));
                AssertClose(expected, step.Moved(state, drift, diffusion, 0.5));
                Assert.AreEqual(rows == 1 || dimension == 1, driven.TryMove(step, state, drift, diffusion, 0.5) is not null);
                Assert.IsNull(driven.TryMove(step, state, drift, full_like(state[0], 0.5), 1));
            }

            Assert.IsNull(driven.TryMove(step, state, drift, diffusion.contiguous(), 0.5));
        }

        static void AssertClose(Tensor expected, Tensor actual)
        {
            Assert.AreEqual(expected.dtype, actual.dtype);
            Assert.IsTrue(expected.allclose(actual, 1e-5, expected.dtype == ScalarType.Float64 ? 1e-14 : 1e-6));
        }
    }

    private static void AssertRefused(string message, StochasticEquation equation, Tensor start, double[] times, BrownianPath path, SdeMethod? method)
    {
        ArgumentException exception = Assert.Throws<ArgumentException>(() => SdeSolver.Solve(equation, start, times, path, new SdeOptions { Method = method, StepControl = new FixedStepControl(0.1) }));
        StringAssert.Contains(exception.Message, message);
    }

    private static void AssertMoment(double expected, double actual, double variance, int rows, int steps) =>
        Assert.AreEqual(expected, actual, (4 * Math.Sqrt(variance / rows)) + (expected / (2 * steps)));

    private static FunctionEquation Growth(StochasticCalculus calculus) => new(calculus, NoiseKind.Diagonal, (t, y) => Drift * y, (t, y) => Volatility * y);

    private static SdeOptions Fixed(SdeMethod method, int steps) => new() { Method = method, StepControl = new FixedStepControl(1.0 / steps) };

    private static BrownianPath Path(int rows, int channels, int intervals = 1) => new(BrownianPath.Seeds(1, rows), channels, 0, 1, intervals);

    private static double RootMeanSquare(Tensor error) => error.pow(2).mean().sqrt().item<double>();
}
