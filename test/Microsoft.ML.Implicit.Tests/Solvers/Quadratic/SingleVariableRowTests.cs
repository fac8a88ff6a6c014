using Microsoft.ML.Implicit.Solvers;
using Microsoft.ML.Implicit.Solvers.Quadratic;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Tests.Solvers.Quadratic;

/// <summary>Rows of G with one entry that leave a variable no room, with its bounds or with each other.</summary>
[TestClass]
public class SingleVariableRowTests
{
    private readonly InteriorPointSolver _solver = new();

    [TestMethod]
    [DataRow(1.0)]
    [DataRow(1e-4)]
    [DataRow(1e6)]
    public void A_capacity_of_zero_beside_a_bound_of_zero_holds_a_variable(double coefficient)
    {
        using DisposeScope scope = NewDisposeScope();
        QuadraticSolution wanted = Capacity(1, coefficient), unwanted = Capacity(-1, coefficient);

        foreach (QuadraticSolution solution in new[] { wanted, unwanted })
        {
            Assert.AreEqual(SolveStatus.Converged, solution.Status[0]);
            Assert.AreEqual(0, solution.Z[0, 0].item<double>(), 1e-8);
            Assert.AreEqual(0, solution.Z[0, 1].item<double>());
            Assert.IsLessThanOrEqualTo(1e-8, RandomPrograms.KktResidual(solution.Problem, solution));
        }

        Assert.AreEqual(1, wanted.LowerMultipliers![0, 1].item<double>(), 1e-9);
        Assert.AreEqual(1 / coefficient, unwanted.Lambda[0, 0].item<double>(), 1e-9 / coefficient);

        QuadraticSolution Capacity(double cost, double g) => _solver.Solve(new QuadraticProblem(
            Matrix(2, 1, 0, 0, 0), Vector(0, cost), Matrix(1, 0, g), Vector(0), lower: Vector(0, 0), upper: Vector(1, 1)));
    }

    [TestMethod]
    [DataRow(0.0)]
    [DataRow(1.0)]
    [DataRow(-2.0)]
    public void Two_rows_that_meet_hold_a_variable(double cost)
    {
        using DisposeScope scope = NewDisposeScope();
        QuadraticSolution solution = _solver.Solve(new QuadraticProblem(
            null, Vector(cost), Matrix(3, 3, -3, 5), Vector(1, -1, 2), lower: Vector(0), upper: Vector(2)));

        Assert.AreEqual(SolveStatus.Converged, solution.Status[0]);
        Assert.AreEqual(1.0 / 3, solution.Z[0, 0].item<double>(), 1e-15);
        Assert.AreEqual(Math.Max(-cost, 0) / 3, solution.Lambda[0, 0].item<double>(), 1e-12);
        Assert.AreEqual(Math.Max(cost, 0) / 3, solution.Lambda[0, 1].item<double>(), 1e-12);
        Assert.AreEqual(0, solution.Lambda[0, 2].item<double>());
    }

    [TestMethod]
    public void Rows_that_cross_are_infeasible_and_named()
    {
        using DisposeScope scope = NewDisposeScope();
        QuadraticSolution solution = _solver.Solve(new QuadraticProblem(null, Vector(1), Matrix(2, 3, -3), Vector(1, -1.001), lower: Vector(0), upper: Vector(2)));

        Assert.AreEqual(SolveStatus.Infeasible, solution.Status[0]);
        CollectionAssert.AreEquivalent(new[] { 0, 1 }, solution.Diagnose(0).Inequalities.ToArray());
    }

    [TestMethod]
    public void Gradients_agree_with_finite_differences_where_rows_hold_variables()
    {
        for (int seed = 0; seed < 5; seed++)
        {
            using DisposeScope scope = NewDisposeScope();
            Tensor?[] x = RandomPrograms.Arguments(seed, batch: 1, n: 5, m: 4, k: 1, bounds: true, sharedMatrices: true);

            // The second variable keeps its lower bound and loses its room to a row; two rows hold the third.
            Tensor rows = Matrix(3, 0, 2, 0, 0, 0, 0, 0, 4, 0, 0, 0, 0, -0.5, 0, 0);
            Tensor inside = _solver.Solve(RandomPrograms.Problem(x)).Z[0];
            x[1] = -x[1]!;
            x[6]![0, 1] = inside[1];
            x[6]![0, 2] = inside[2] - 1;
            x[7] = x[7]! + 1;
            x[3] = x[3]! + 0.5;
            x[2] = cat([x[2]!, rows], 0);
            x[3] = cat([x[3]!, stack([inside[1] * 2, inside[2] * 4, inside[2] * -0.5]).unsqueeze(0)], 1);
            Tensor weights = arange(1, 6, ScalarType.Float64).sin().unsqueeze(0);

            QuadraticSolution solution = _solver.Solve(RandomPrograms.Problem(x));
            QuadraticGradients gradients = solution.Backward(weights);

            Assert.AreEqual(SolveStatus.Converged, solution.Status[0], $"seed {seed}");
            Assert.IsLessThanOrEqualTo(1e-8, RandomPrograms.KktResidual(solution.Problem, solution), $"seed {seed}");
            foreach (int argument in new[] { 0, 1, 5 })
            {
                Tensor actual = gradients.Arguments[argument]!;
                for (long i = 0; i < actual.numel(); i++)
                {
                    double difference = Difference((argument, i, 1));
                    Assert.AreEqual(difference, actual.view(-1)[i].item<double>(), 1e-5 * (1 + Math.Abs(difference)), $"seed {seed} {(QuadraticArguments)(1 << argument)} {i}");
                }
            }

            // What holds a variable moves together.
            double first = ((gradients.H![0, 4] * 2) + gradients.Lower![0, 1]).item<double>();
            double second = ((gradients.H![0, 5] * 4) - (gradients.H![0, 6] * 0.5)).item<double>();
            Assert.AreEqual(Difference((3, 4, 2), (6, 1, 1)), first, 1e-5 * (1 + Math.Abs(first)), $"seed {seed}");
            Assert.AreEqual(Difference((3, 5, 4), (3, 6, -0.5)), second, 1e-5 * (1 + Math.Abs(second)), $"seed {seed}");

            double Difference(params (int Argument, long Entry, double Change)[] changes)
            {
                const double Step = 1e-5;
                return (Loss(Step) - Loss(-Step)) / (2 * Step);

                double Loss(double step)
                {
                    Tensor?[] moved = [.. x.Select(tensor => tensor?.clone())];
                    foreach ((int argument, long entry, double change) in changes)
                    {
                        moved[argument]!.view(-1)[entry] += step * change;
                    }

                    return (_solver.Solve(RandomPrograms.Problem(moved)).Z * weights).sum().item<double>();
                }
            }
        }
    }

    [TestMethod]
    public void A_held_variable_without_a_multiplier_follows_what_holds_it()
    {
        foreach (double curvature in new[] { 0.0, 1.0 })
        {
            using DisposeScope scope = NewDisposeScope();
            Tensor q = Matrix(1, curvature), p = Vector(-curvature), ends = Vector(0);
            QuadraticSolution rows = _solver.Solve(new QuadraticProblem(q, p, Matrix(2, 4, -2), Vector(4, -2), lower: ends, upper: ends + 2));
            QuadraticSolution bounds = _solver.Solve(new QuadraticProblem(q, p, lower: Vector(1), upper: Vector(1)));

            QuadraticGradients byRows = rows.Backward(ones_like(rows.Z)), byBounds = bounds.Backward(ones_like(bounds.Z));

            Assert.AreEqual(0, byRows.P!.item<double>(), 1e-8);
            Assert.AreEqual(0, byBounds.P!.item<double>(), 1e-8);
            Assert.AreEqual(1, ((byRows.H![0] * 4) - (byRows.H![1] * 2)).item<double>(), 1e-8);
            Assert.AreEqual(1, (byBounds.Lower![0] + byBounds.Upper![0]).item<double>(), 1e-8);
        }
    }

    private static Tensor Vector(params double[] values) => tensor(values, ScalarType.Float64);

    private static Tensor Matrix(long rows, params double[] values) => tensor(values, [rows, values.Length / rows], ScalarType.Float64);
}
