using Microsoft.ML.Implicit.Solvers;
using Microsoft.ML.Implicit.Solvers.FixedPoint;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Tests.Solvers.FixedPoint;

[TestClass]
public class FixedPointSolverTests
{
    private const double Tight = 1e-13;

    private DisposeScope? _scope;

    public static IEnumerable<object[]> Solvers =>
    [
        [new AndersonSolver(new AndersonSettings { RelativeTolerance = Tight, AbsoluteTolerance = 0, MaximumIterations = 500 })],
        [new AndersonSolver(new AndersonSettings { RelativeTolerance = Tight, AbsoluteTolerance = 0, MaximumIterations = 500, Mixing = 0.7, Memory = 3 })],
        [new BroydenSolver(new BroydenSettings { RelativeTolerance = Tight, AbsoluteTolerance = 0, MaximumIterations = 500 })],
        [new BroydenSolver(new BroydenSettings { RelativeTolerance = Tight, AbsoluteTolerance = 0, MaximumIterations = 500, Memory = 4 })],
        [new PicardSolver(new PicardSettings { RelativeTolerance = Tight, AbsoluteTolerance = 0, MaximumIterations = 500 })],
        [new PicardSolver(new PicardSettings { RelativeTolerance = Tight, AbsoluteTolerance = 0, MaximumIterations = 500, Damping = 0.8 })],
    ];

    [TestInitialize]
    public void Enter() => _scope = NewDisposeScope();

    [TestCleanup]
    public void Leave() => _scope?.Dispose();

    [TestMethod]
    [DynamicData(nameof(Solvers))]
    public void A_linear_contraction_is_solved_as_by_a_direct_solve(IFixedPointSolver solver)
    {
        LinearMap map = LinearMap.Create(rows: 9, width: 20, slowest: 0.9);
        FixedPointResult result = solver.Solve(map, zeros(9, 20, ScalarType.Float64));
        Assert.IsTrue(result.AllConverged);
        AssertClose(map.Solution(), result.Solution, 1e-11);
    }

    [TestMethod]
    [DynamicData(nameof(Solvers))]
    public void A_row_in_a_batch_ends_as_it_does_alone(IFixedPointSolver solver)
    {
        LinearMap map = LinearMap.Create(rows: 12, width: 15, slowest: 0.95);
        FixedPointResult together = solver.Solve(map, zeros(12, 15, ScalarType.Float64));
        for (int row = 0; row < 12; row++)
        {
            IFixedPointMap single = map.SelectRows(tensor(new long[] { row }));
            FixedPointResult alone = solver.Solve(single, zeros(1, 15, ScalarType.Float64));
            Assert.AreEqual(alone.Statuses[0], together.Statuses[row]);
            AssertClose(alone.Solution[0], together.Solution[row], 1e-12);
        }
    }

    [TestMethod]
    [DynamicData(nameof(Solvers))]
    public void Rows_that_converged_are_not_evaluated_again(IFixedPointSolver solver)
    {
        LinearMap map = LinearMap.Create(rows: 32, width: 10, slowest: 0.95);
        FixedPointResult result = solver.Solve(map, zeros(32, 10, ScalarType.Float64));
        Assert.IsTrue(result.AllConverged);
        Assert.IsLessThan(32L * result.Iterations, result.RowEvaluations);
    }

    [TestMethod]
    [DynamicData(nameof(Solvers))]
    public void A_map_that_cannot_select_rows_gives_the_same_solution(IFixedPointSolver solver)
    {
        LinearMap map = LinearMap.Create(rows: 12, width: 15, slowest: 0.95);
        FixedPointResult selecting = solver.Solve(map, zeros(12, 15, ScalarType.Float64));
        FixedPointResult frozen = solver.Solve(new FixedPointMap(map.Evaluate), zeros(12, 15, ScalarType.Float64));
        Assert.AreEqual(selecting.Iterations, frozen.Iterations);
        Assert.AreEqual(12L * frozen.Iterations, frozen.RowEvaluations);
        AssertClose(selecting.Solution, frozen.Solution, 1e-12);
    }

    [TestMethod]
    [DynamicData(nameof(Solvers))]
    public void A_state_of_any_rank_is_solved_row_by_row(IFixedPointSolver solver)
    {
        LinearMap map = LinearMap.Create(rows: 6, width: 12, slowest: 0.8);
        var images = new FixedPointMap(z => map.Evaluate(z.reshape(6, 12)).reshape(6, 2, 3, 2));
        FixedPointResult result = solver.Solve(images, zeros([6, 2, 3, 2], ScalarType.Float64));
        CollectionAssert.AreEqual(new long[] { 6, 2, 3, 2 }, result.Solution.shape);
        AssertClose(map.Solution(), result.Solution.reshape(6, 12), 1e-11);
    }

    [TestMethod]
    [DynamicData(nameof(Solvers))]
    public void The_reported_residual_is_that_of_the_solution(IFixedPointSolver solver)
    {
        LinearMap map = LinearMap.Create(rows: 8, width: 10, slowest: 0.9);
        FixedPointResult result = solver.Solve(map, ones(8, 10, ScalarType.Float64));
        double[] residuals = (map.Evaluate(result.Solution) - result.Solution).norm(1).data<double>().ToArray();
        for (int row = 0; row < 8; row++)
        {
            Assert.AreEqual(residuals[row], result.Residuals[row], 1e-14);
        }
    }

    [TestMethod]
    [DynamicData(nameof(Solvers))]
    public void A_row_that_stops_being_finite_diverges_and_spares_the_others(IFixedPointSolver solver)
    {
        LinearMap map = LinearMap.Create(rows: 4, width: 6, slowest: 0.9);
        Tensor poison = zeros(4, 1, ScalarType.Float64);
        int evaluations = 0;
        var poisoned = new FixedPointMap(z =>
        {
            if (++evaluations == 3)
            {
                poison[2, 0] = double.NaN;
            }

            return map.Evaluate(z) + poison;
        });
        FixedPointResult result = solver.Solve(poisoned, zeros(4, 6, ScalarType.Float64));
        Assert.AreEqual(SolveStatus.Diverged, result.Statuses[2]);
        Assert.AreEqual(3, result.Statuses.Count(status => status == SolveStatus.Converged));
        Assert.IsTrue(result.Solution.isfinite().all().item<bool>());
        Assert.IsTrue(double.IsFinite(result.Residuals[2]));
        SolveFailedException failure = Assert.ThrowsExactly<SolveFailedException>(() => result.ThrowIfFailed());
        Assert.AreEqual(2, failure.Row);
    }

    [TestMethod]
    [DynamicData(nameof(Solvers))]
    public void A_map_that_expands_returns_its_best_iterate(IFixedPointSolver solver)
    {
        var map = new FixedPointMap(z => (z.square() * 3) + 1);
        FixedPointResult result = solver.Solve(map, full([3, 2], 0.5, ScalarType.Float64));
        Assert.IsFalse(result.AllConverged);
        Assert.IsTrue(result.Solution.isfinite().all().item<bool>());
        double first = ((0.75 + 1) - 0.5) * Math.Sqrt(2);
        Assert.IsLessThanOrEqualTo(first, result.Residuals[0]);
    }

    [TestMethod]
    [DynamicData(nameof(Solvers))]
    public void A_start_at_the_solution_ends_at_once_and_is_left_alone(IFixedPointSolver solver)
    {
        LinearMap map = LinearMap.Create(rows: 5, width: 6, slowest: 0.5);
        Tensor start = map.Solution();
        FixedPointResult result = solver.Solve(map, start);
        Assert.AreEqual(1, result.Iterations);
        result.Solution.zero_();
        AssertClose(map.Solution(), start, 0);
    }

    [TestMethod]
    [DynamicData(nameof(Solvers))]
    public void Cancellation_is_seen_within_an_iteration(IFixedPointSolver solver)
    {
        using var source = new CancellationTokenSource();
        int evaluations = 0;
        var map = new FixedPointMap(z =>
        {
            if (++evaluations == 2)
            {
                source.Cancel();
            }

            return (z * 0.9) + 1;
        });
        Assert.ThrowsExactly<OperationCanceledException>(() => solver.Solve(map, zeros(2, 2, ScalarType.Float64), source.Token));
        Assert.AreEqual(2, evaluations);
    }

    [TestMethod]
    [DynamicData(nameof(Solvers))]
    public void A_solve_leaves_nothing_but_its_solution(IFixedPointSolver solver)
    {
        LinearMap map = LinearMap.Create(rows: 12, width: 6, slowest: 0.95);
        Tensor start = zeros(12, 6, ScalarType.Float64);
        using DisposeScope scope = NewDisposeScope();
        long before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        FixedPointResult result = solver.Solve(map, start);
        Assert.AreEqual(1, scope.DisposablesCount);
        result.Solution.Dispose();
        Assert.AreEqual(before, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
    }

    [TestMethod]
    [DynamicData(nameof(Solvers))]
    public void An_error_in_the_map_reaches_the_caller_and_leaves_nothing(IFixedPointSolver solver)
    {
        Tensor start = zeros(2, 2, ScalarType.Float64);
        long before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        int evaluations = 0;
        var map = new FixedPointMap(z => ++evaluations == 3 ? throw new TimeoutException("the map failed") : (z * 0.9) + 1);
        TimeoutException exception = Assert.ThrowsExactly<TimeoutException>(() => solver.Solve(map, start));
        Assert.AreEqual("the map failed", exception.Message);
        Assert.AreEqual(before, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
    }

    [TestMethod]
    public void An_empty_batch_is_solved_by_doing_nothing()
    {
        FixedPointResult result = new AndersonSolver().Solve(new FixedPointMap(z => z * 0.5), zeros(0, 3));
        Assert.AreEqual(0, result.Iterations);
        Assert.IsTrue(result.AllConverged);
    }

    [TestMethod]
    public void A_map_that_changes_the_shape_is_refused()
    {
        ArgumentException exception = Assert.ThrowsExactly<ArgumentException>(() => new PicardSolver().Solve(new FixedPointMap(z => z.sum(1, keepdim: true)), zeros(2, 3)));
        StringAssert.Contains(exception.Message, "[2, 1]", StringComparison.Ordinal);
    }

    [TestMethod]
    public void Two_threads_solve_at_the_same_time()
    {
        LinearMap map = LinearMap.Create(rows: 12, width: 15, slowest: 0.95);
        double[] expected = new AndersonSolver().Solve(map, zeros(12, 15, ScalarType.Float64)).Solution.data<double>().ToArray();
        Parallel.For(0, 8, new ParallelOptions { MaxDegreeOfParallelism = 2 }, _ =>
        {
            using DisposeScope scope = NewDisposeScope();
            CollectionAssert.AreEqual(expected, new AndersonSolver().Solve(map, zeros(12, 15, ScalarType.Float64)).Solution.data<double>().ToArray());
        });
    }

    private static void AssertClose(Tensor expected, Tensor actual, double tolerance)
    {
        double error = ((expected - actual).abs().max() / expected.abs().max().clamp_min(1e-300)).item<double>();
        Assert.IsLessThanOrEqualTo(tolerance, error);
    }
}
