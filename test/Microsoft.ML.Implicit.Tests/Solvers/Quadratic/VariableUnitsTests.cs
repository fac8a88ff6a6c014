using CsCheck;
using Microsoft.ML.Implicit.Differentiation;
using Microsoft.ML.Implicit.Layers.Quadratic;
using Microsoft.ML.Implicit.Solvers;
using Microsoft.ML.Implicit.Solvers.Quadratic;
using Microsoft.ML.Implicit.Solvers.Quadratic.Batched;
using Microsoft.ML.Implicit.Solvers.Quadratic.Batched.Iterations;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Tests.Solvers.Quadratic;

/// <summary>Programs of few entries, in which each variable and each row has a unit of its own, have the solutions of the same programs in like units.</summary>
[TestClass]
public class VariableUnitsTests
{
    private const int MostExtraIterations = 12;

    // Of a value smaller than this share of the largest, the accuracy is measured by this share.
    private const double SmallestShare = 1e-2;

    private readonly InteriorPointSolver _solver = new();

    [TestMethod]
    public void Interior_points_find_the_same_solution() => Check(300, 1e-5, problem => _solver.Solve(problem));

    [TestMethod]
    public void Batches_of_tensors_find_the_same_solution() => Check(30, 1e-5, Batched);

    [TestMethod]
    public void Operator_splitting_finds_the_same_solution() => Check(5, 2e-3, problem => new OperatorSplittingSolver().Solve(problem));

    [TestMethod]
    public void The_layer_and_its_gradients_follow_the_units() => Programs(15, (x, units, _) =>
    {
        Tensor p = x[1]!.clone().requires_grad_(true), other = units.Apply(x)[1]!.clone().requires_grad_(true);
        Tensor weights = arange(p.numel(), ScalarType.Float64).sin().view(p.shape);
        using var layer = new QuadraticProgram(_solver);
        ImplicitBackward.Run(() => (layer.forward(Problem(x, p)).Z * weights).sum().backward());
        ImplicitBackward.Run(() => (layer.forward(Problem(units.Apply(x), other)).Z * (weights / units.Variables)).sum().backward());

        Tensor expected = p.grad!, actual = other.grad! * units.Cost / units.Variables;
        Assert.IsLessThanOrEqualTo(1e-5 * (1 + expected.abs().max().item<double>()), (expected - actual).abs().max().item<double>());
    });

    [TestMethod]
    public void Parts_that_no_row_links_keep_their_own_accuracy()
    {
        using DisposeScope scope = NewDisposeScope();

        // min x + 2 y with x + y = 1e9, and the same at 1e-9.
        var problem = new QuadraticProblem(
            null,
            Vector(1, 2, 1e18, 2e18),
            a: tensor(new double[,] { { 1, 1, 0, 0 }, { 0, 0, 1, 1 } }),
            b: Vector(1e9, 1e-9),
            lower: zeros(4, ScalarType.Float64));

        foreach (QuadraticSolution solution in new[] { _solver.Solve(problem), Batched(problem), new OperatorSplittingSolver().Solve(problem) })
        {
            Assert.AreEqual(SolveStatus.Converged, solution.Status[0]);
            Assert.IsLessThanOrEqualTo(1e-6, (solution.Z[0] / Vector(1e9, 1e9, 1e-9, 1e-9) - Vector(1, 0, 1, 0)).abs().max().item<double>());
        }
    }

    private void Check(int count, double tolerance, Func<QuadraticProblem, QuadraticSolution> solve) => Programs(count, (x, units, seed) =>
    {
        QuadraticSolution expected = _solver.Solve(Problem(x, x[1]!)), actual = solve(RandomPrograms.Problem(units.Apply(x)));
        Assert.AreEqual(SolveStatus.Converged, expected.Status[0], $"seed {seed}");
        Assert.AreEqual(SolveStatus.Converged, actual.Status[0], $"seed {seed}");
        Tensor z = expected.Z, size = maximum(z.abs(), z.abs().max() * SmallestShare);
        Assert.IsLessThanOrEqualTo(tolerance, (((actual.Z / units.Variables) - z).abs() / size).max().item<double>(), $"seed {seed}");
        if (tolerance < 1e-4)
        {
            Assert.IsLessThanOrEqualTo(expected.Iterations[0] + MostExtraIterations, actual.Iterations[0], $"seed {seed}");
        }
    });

    private static void Programs(int count, Action<Tensor?[], ProgramUnits, int> check)
    {
        for (int seed = 0; seed < count; seed++)
        {
            var random = new Random(seed);
            CheckOne(seed, (24 * random.NextDouble()) - 12, 6 * random.Next(1, 4));
        }

        Gen.Select(Gen.Int[0, 1000], Gen.Double[-12, 12], Gen.Double[0, 18]).Sample(CheckOne, iter: count, seed: "0N0XIzNsQ0O2", threads: 1);

        void CheckOne(int seed, double cost, double spread)
        {
            using DisposeScope scope = NewDisposeScope();
            Tensor?[] x = RandomPrograms.Sparse(seed);
            var units = new ProgramUnits(seed, IsLinear: false, Math.Pow(10, cost), Unit: 1, spread);
            units.Draw(x);
            check(x, units, seed);
        }
    }

    private static QuadraticProblem Problem(Tensor?[] x, Tensor p) => RandomPrograms.Problem([x[0], p, .. x[2..]]);

    private static QuadraticSolution Batched(QuadraticProblem problem)
    {
        using IDisposable noGrad = no_grad();
        var options = new InteriorPointOptions();
        return BatchedSolve.Solve(problem, () => new BatchedInteriorPoint(problem, options), options, default);
    }

    private static Tensor Vector(params double[] values) => tensor(values, ScalarType.Float64);
}
