using Microsoft.ML.Implicit.Solvers;
using Microsoft.ML.Implicit.Solvers.Quadratic;
using Microsoft.ML.Implicit.Solvers.Quadratic.Batched;
using Microsoft.ML.Implicit.Solvers.Quadratic.Batched.Iterations;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Tests.Solvers.Quadratic;

/// <summary>Objectives that are nearly flat along a direction, and feasible sets that begin far away along one.</summary>
[TestClass]
public class SmallSlopeTests
{
    private static readonly Func<QuadraticProblem, QuadraticSolution>[] Solvers = [problem => new InteriorPointSolver().Solve(problem), Batched];

    [TestMethod]
    [DataRow(1.0, 1.0)]
    [DataRow(1e9, 1e-9)]
    [DataRow(1e-9, 1e9)]
    public void However_little_the_objective_falls_along_an_endless_direction_it_is_unbounded(double cost, double unit)
    {
        foreach (double slope in new[] { 1e-1, 1e-2, 1e-3, 1e-4, 1e-6, 1e-8 })
        {
            using DisposeScope scope = NewDisposeScope();
            double q = cost / unit / unit, p = cost / unit;
            Tensor costs = Vector(p, -(1 + slope) * p);
            QuadraticProblem[] programs =
            [
                new(Matrix(2, q, -q, -q, q), costs),
                new(Matrix(3, q, -q, 0, -q, q, 0, 0, 0, q), Vector(p, -(1 + slope) * p, p), lower: Vector(0, 0, 0)),
                new(null, costs, Matrix(1, -1, 1), Vector(0), lower: Vector(0, 0)),
            ];
            foreach (QuadraticProblem program in programs)
            {
                foreach (Func<QuadraticProblem, QuadraticSolution> solve in Solvers)
                {
                    QuadraticSolution solution = solve(program);
                    Assert.AreEqual(SolveStatus.Unbounded, solution.Status[0], $"slope {slope}, {program.Variables} variables");
                    CollectionAssert.AreEquivalent(new[] { 0, 1 }, solution.Diagnose(0).Variables.ToArray());
                }
            }
        }
    }

    [TestMethod]
    [DataRow(1e-1)]
    [DataRow(1e-2)]
    [DataRow(1e-3)]
    [DataRow(1e-4)]
    public void An_endless_strip_is_unbounded_along_its_slope(double slope)
    {
        using DisposeScope scope = NewDisposeScope();
        var program = new QuadraticProblem(null, Vector(1, -1 - slope), Matrix(2, -1, 1, 1, -1), Vector(1, 1), lower: Vector(0, 0));
        foreach (Func<QuadraticProblem, QuadraticSolution> solve in Solvers)
        {
            Assert.AreEqual(SolveStatus.Unbounded, solve(program).Status[0]);
        }
    }

    [TestMethod]
    [DataRow(1e-2)]
    [DataRow(1e-3)]
    [DataRow(3e-4)]
    [DataRow(1e-4)]
    [DataRow(1e-5)]
    public void A_set_that_begins_far_away_is_reached(double slope)
    {
        using DisposeScope scope = NewDisposeScope();

        // x ≥ y + 1 and y ≥ (1 - α) x meet at 1 / α: the nearest point to 0, and the farthest in the other direction.
        QuadraticProblem[] programs =
        [
            new(eye(2, dtype: ScalarType.Float64), Vector(0, 0), Matrix(2, -1, 1, 1 - slope, -1), Vector(-1, 0)),
            new(null, Vector(-1, -1), Matrix(2, 1, -1, -(1 - slope), 1), Vector(1, 0), lower: Vector(0, 0)),
        ];
        foreach (QuadraticProblem program in programs)
        {
            foreach (Func<QuadraticProblem, QuadraticSolution> solve in Solvers)
            {
                QuadraticSolution solution = solve(program);
                Assert.AreEqual(SolveStatus.Converged, solution.Status[0]);
                Assert.AreEqual(1, (solution.Z[0, 0] * slope).item<double>(), 1e-8);
            }
        }
    }

    [TestMethod]
    [DataRow(1.0, 1.0)]
    [DataRow(1e12, 1e-9)]
    [DataRow(1e-12, 1e9)]
    [DataRow(7.0, 0.1)]
    public void A_nearly_flat_edge_is_followed_to_its_end(double cost, double unit)
    {
        foreach (double slope in new[] { 1e-2, 1e-4, 1e-6, 1e-7, 3e-8, 1e-8, 3e-9, 1e-9 })
        {
            using DisposeScope scope = NewDisposeScope();
            double p = cost / unit;

            // Least at (999, 1000), and little more all along y = x + 1.
            var program = new QuadraticProblem(
                null, Vector(p, -(1 + slope) * p), Matrix(2, 1, -1, -1, 1), Vector(unit, unit), lower: Vector(0, 0), upper: Vector(1000 * unit, 1000 * unit));
            foreach (Func<QuadraticProblem, QuadraticSolution> solve in Solvers)
            {
                QuadraticSolution solution = solve(program);
                Assert.AreEqual(SolveStatus.Converged, solution.Status[0], $"slope {slope}");
                Assert.AreEqual(999, (solution.Z[0, 0] / unit).item<double>(), 1e-6, $"slope {slope}");
                Assert.AreEqual(1000, (solution.Z[0, 1] / unit).item<double>(), 1e-6, $"slope {slope}");
            }
        }
    }

    [TestMethod]
    [DataRow(ScalarType.Float32, 0.0)]
    [DataRow(ScalarType.Float64, 0.0)]
    [DataRow(ScalarType.Float64, 1e-11)]
    public void A_constraint_that_holds_a_variable_without_a_multiplier_holds_it_in_the_derivatives_too(ScalarType type, double room)
    {
        using DisposeScope scope = NewDisposeScope();

        // Nothing pulls at the first variable of the first row, which its bounds leave no room.
        Tensor p = tensor(new double[,] { { -1, -0.5 }, { -2, 0.5 }, { 0, -0.5 } }, type);
        var program = new QuadraticProblem(eye(2, dtype: type), p, lower: Vector(1, 0).to(type), upper: Vector(1 + room, 5).to(type));
        foreach (Func<QuadraticProblem, QuadraticSolution> solve in Solvers)
        {
            QuadraticGradients gradients = solve(program).Backward(ones(3, 2, type));
            Tensor expected = tensor(new double[,] { { 0, -1 }, { 0, 0 }, { 0, -1 } }, ScalarType.Float64);
            Assert.IsLessThanOrEqualTo(1e-6, (gradients.P!.to(ScalarType.Float64) - expected).abs().max().item<double>());
            Assert.AreEqual(3, (gradients.Lower![0] + gradients.Upper![0]).to(ScalarType.Float64).item<double>(), 1e-5);
        }
    }

    private static QuadraticSolution Batched(QuadraticProblem problem)
    {
        using IDisposable noGrad = no_grad();
        var options = new InteriorPointOptions();
        return BatchedSolve.Solve(problem, () => new BatchedInteriorPoint(problem, options), options, default);
    }

    private static Tensor Vector(params double[] values) => tensor(values, ScalarType.Float64);

    private static Tensor Matrix(long rows, params double[] values) => tensor(values, [rows, values.Length / rows], ScalarType.Float64);
}
