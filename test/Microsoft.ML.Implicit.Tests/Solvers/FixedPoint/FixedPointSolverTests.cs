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

    private static void AssertClose(Tensor expected, Tensor actual, double tolerance)
    {
        double error = ((expected - actual).abs().max() / expected.abs().max()).item<double>();
        Assert.IsLessThanOrEqualTo(tolerance, error);
    }
}
