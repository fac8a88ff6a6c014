using Microsoft.ML.Implicit.Solvers.FixedPoint;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Tests.Solvers.FixedPoint;

[TestClass]
public class AndersonSolverTests
{
    private DisposeScope? _scope;

    [TestInitialize]
    public void Enter() => _scope = NewDisposeScope();

    [TestCleanup]
    public void Leave() => _scope?.Dispose();

    [TestMethod]
    public void A_linear_map_of_small_width_is_solved_in_width_plus_two_iterations()
    {
        // Without restarts Anderson acceleration is GMRES on a linear map (Walker and Ni 2011, theorem 2.2).
        LinearMap map = LinearMap.Create(rows: 3, width: 4, slowest: 0.99);
        var solver = new AndersonSolver(new AndersonSettings { Memory = 6, Ridge = 0, RelativeTolerance = 1e-9, AbsoluteTolerance = 0 });
        FixedPointResult result = solver.Solve(map, zeros(3, 4, ScalarType.Float64));
        Assert.IsTrue(result.AllConverged);
        Assert.IsLessThanOrEqualTo(6, result.Iterations);
    }

    [TestMethod]
    public void It_needs_fewer_iterations_than_Picard_where_convergence_is_slow()
    {
        LinearMap map = LinearMap.Create(rows: 8, width: 30, slowest: 0.98, symmetric: true);
        var tolerances = new AndersonSettings { RelativeTolerance = 1e-8, MaximumIterations = 2000 };
        int anderson = new AndersonSolver(tolerances).Solve(map, zeros(8, 30, ScalarType.Float64)).Iterations;
        int picard = new PicardSolver(new PicardSettings { RelativeTolerance = 1e-8, MaximumIterations = 2000 }).Solve(map, zeros(8, 30, ScalarType.Float64)).Iterations;
        Assert.IsLessThan(picard / 2, anderson);
    }

    [TestMethod]
    public void A_singular_system_falls_back_to_damping()
    {
        // All residuals of this map are equal: the Gram matrix is of rank one, and it is exactly singular without a ridge.
        var map = new FixedPointMap(z => z + 1);
        var solver = new AndersonSolver(new AndersonSettings { Ridge = 0, Mixing = 0.5, MaximumIterations = 5 });
        Tensor start = zeros(2, 3, ScalarType.Float64);
        FixedPointResult result = solver.Solve(map, start);
        Assert.IsTrue(result.Solution.isfinite().all().item<bool>());
        Assert.AreEqual(Math.Sqrt(3), result.Residuals[0], 1e-12);
    }

    [TestMethod]
    public void Weights_of_a_singular_system_are_those_of_a_Picard_step()
    {
        var gram = new GramSystem(rows: 3, memory: 2, ridge: 0);
        gram.SetRow(0, 1, [4.0, 4.0, 0.0], 1);
        gram.SetRow(1, 2, [4.0, 4.0, 0.0, 1.0, double.NaN, 1.0], 2);
        double[] weights = new double[6];
        gram.Solve(newest: 1, count: 2, weights);
        CollectionAssert.AreEqual(new[] { 0.0, 1.0 }, weights[..2], "two equal residuals");
        Assert.AreEqual(0.2, weights[2], 1e-15, "orthogonal residuals, of squared norms 4 and 1");
        Assert.AreEqual(0.8, weights[3], 1e-15);
        CollectionAssert.AreEqual(new[] { 0.0, 1.0 }, weights[4..], "not finite");
    }

    [TestMethod]
    public void Weights_minimise_the_combined_residual()
    {
        const int Rows = 5;
        const int Memory = 4;
        using var generator = new Generator(3);
        Tensor residuals = randn(Rows, Memory, 9, ScalarType.Float64, generator: generator);
        Tensor products = residuals.bmm(residuals.transpose(1, 2));
        var gram = new GramSystem(Rows, Memory, ridge: 0);
        for (int slot = 0; slot < Memory; slot++)
        {
            gram.SetRow(slot, slot + 1, products[TensorIndex.Colon, slot, TensorIndex.Slice(0, slot + 1)].contiguous().data<double>().ToArray(), slot + 1);
        }

        double[] weights = new double[Rows * Memory];
        gram.Solve(Memory - 1, Memory, weights);
        Tensor expected = linalg.solve(products, ones(Rows, Memory, 1, ScalarType.Float64)).squeeze(2);
        expected /= expected.sum(1, keepdim: true);
        Assert.IsLessThan(1e-12, (expected - tensor(weights, Rows, Memory)).abs().max().item<double>());
    }

    [TestMethod]
    public void Float32_reaches_a_tolerance_near_rounding()
    {
        LinearMap map = LinearMap.Create(rows: 8, width: 30, slowest: 0.9);
        var single = new FixedPointMap(z => map.Evaluate(z.to(ScalarType.Float64)).to(ScalarType.Float32));
        FixedPointResult result = new AndersonSolver(new AndersonSettings { RelativeTolerance = 2e-6 }).Solve(single, zeros(8, 30));
        Assert.IsTrue(result.AllConverged);
    }

    [TestMethod]
    [DataRow(0, 1.0, 1e-10, "Memory")]
    [DataRow(17, 1.0, 1e-10, "Memory")]
    [DataRow(5, 0.0, 1e-10, "Mixing")]
    [DataRow(5, double.NaN, 1e-10, "Mixing")]
    [DataRow(5, 1.0, -1.0, "Ridge")]
    public void A_setting_out_of_range_is_named(int memory, double mixing, double ridge, string name)
    {
        ArgumentOutOfRangeException exception = Assert.ThrowsExactly<ArgumentOutOfRangeException>(
            () => new AndersonSolver(new AndersonSettings { Memory = memory, Mixing = mixing, Ridge = ridge }));
        Assert.AreEqual(name, exception.ParamName);
    }
}
