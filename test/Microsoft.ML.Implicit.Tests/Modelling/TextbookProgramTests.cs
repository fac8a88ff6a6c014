using Microsoft.ML.Implicit.Modelling;
using Microsoft.ML.Implicit.Solvers.Conic;
using Microsoft.ML.Implicit.Tests.Solvers.Conic;
using TorchSharp;
using static Microsoft.ML.Implicit.Modelling.Functions;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Tests.Modelling;

/// <summary>Programs of textbooks (Boyd and Vandenberghe, 2004) against their closed forms, or against optimality conditions in the problem's own terms.</summary>
[TestClass]
public sealed class TextbookProgramTests
{
    [TestMethod]
    public void Portfolio_with_a_risk_budget()
    {
        using DisposeScope scope = NewDisposeScope();
        double[] returns = [0.3, 0.1, -0.2, 0.5];
        var w = new Variable("w", 4);
        Tensor found = Solve(ConvexProgram.Maximize(Dot(returns, w), Sum(w).EqualTo(1), Norm2(w) <= 0.8))[w][0];
        double mean = returns.Average();
        double[] tilt = [.. returns.Select(r => r - mean)];
        double length = Math.Sqrt(tilt.Sum(t => t * t)), radius = Math.Sqrt(0.64 - 0.25);
        AssertClose([.. tilt.Select(t => 0.25 + (radius * t / length))], found, 1e-8);
    }

    [TestMethod]
    public void Robust_least_squares()
    {
        using DisposeScope scope = NewDisposeScope();
        double[,] a = Numbers(8, 3, seed: 1);
        double[] b = [.. Numbers(8, 1, seed: 2).Cast<double>()];
        var x = new Variable("x", 3);
        Tensor found = Solve(ConvexProgram.Minimize(Norm2(Product(a, x) - b) + (0.5 * Norm2(x))))[x][0];
        Tensor residual = tensor(a).mv(found) - tensor(b);
        Tensor slope = (tensor(a).t().mv(residual) / residual.norm()) + (0.5 * found / found.norm());
        AssertClose(new double[3], slope, 1e-7);
    }

    [TestMethod]
    public void Logistic_regression_with_a_penalty_on_magnitudes()
    {
        using DisposeScope scope = NewDisposeScope();
        double[,] margins = Numbers(30, 4, seed: 3);
        var x = new Variable("x", 4);
        Tensor found = Solve(ConvexProgram.Minimize(Sum(Logistic(-Product(margins, x))) + (2.0 * Norm1(x))))[x][0];
        Tensor slope = -tensor(margins).t().mv(special.expit(-tensor(margins).mv(found)));
        for (int i = 0; i < 4; i++)
        {
            double weight = found[i].item<double>(), s = slope[i].item<double>();
            Assert.IsTrue(Math.Abs(weight) < 1e-6 ? Math.Abs(s) <= 2 + 1e-6 : Math.Abs(s + (2 * Math.Sign(weight))) < 1e-6, $"{weight}, {s}");
        }
    }

    [TestMethod]
    public void Sparse_inverse_covariance()
    {
        using DisposeScope scope = NewDisposeScope();
        double[,] s = { { 1, 0.5, 0.05 }, { 0.5, 1.2, 0.1 }, { 0.05, 0.1, 0.9 } };
        var x = new Variable("X", 3, 3);
        ProgramSolution solution = Solve(ConvexProgram.Minimize(Trace(Product(s, x)) - LogDeterminant(x) + (0.2 * Norm1(x)), x.EqualTo(Transpose(x))));
        Tensor found = solution[x][0], inverse = linalg.inv(found);
        for (int i = 0; i < 3; i++)
        {
            for (int j = 0; j < 3; j++)
            {
                double difference = inverse[i, j].item<double>() - s[i, j], entry = found[i, j].item<double>();
                Assert.IsTrue(Math.Abs(entry) < 1e-6 ? Math.Abs(difference) <= 0.2 + 1e-6 : Math.Abs(difference - (0.2 * Math.Sign(entry))) < 1e-6, $"{i}, {j}: {entry}, {difference}");
            }
        }
    }

    [TestMethod]
    public void Optimal_control_with_limits_on_state_and_input()
    {
        using DisposeScope scope = NewDisposeScope();
        const int steps = 12;
        var x = new Variable("x", steps + 1);
        var u = new Variable("u", steps);
        List<Constraint> constraints = [x[0].EqualTo(3), u >= -0.5, u <= 0.5, x >= -0.1];
        for (int t = 0; t < steps; t++)
        {
            constraints.Add(x[t + 1].EqualTo((1.1 * x[t]) + u[t]));
        }

        ConvexProgram program = ConvexProgram.Minimize(SumSquares(x) + SumSquares(u), [.. constraints]);
        AssertOptimal(program);
        double[] inputs = [.. Solve(program)[u][0].data<double>()];
        Assert.AreEqual(-0.5, inputs[0], 1e-7);
        Assert.IsTrue(inputs.All(input => Math.Abs(input) <= 0.5 + 1e-8));
    }

    [TestMethod]
    public void Ellipsoid_of_least_volume_around_points()
    {
        using DisposeScope scope = NewDisposeScope();
        double[][] points = [[2, 0], [-2, 0], [0, 0.5], [0, -0.5]];
        var a = new Variable("A", 2, 2);
        Constraint[] constraints = [a.EqualTo(Transpose(a)), .. points.Select(point => Norm2(Product(a, point)) <= 1)];
        AssertClose([0.5, 0, 0, 2], Solve(ConvexProgram.Maximize(LogDeterminant(a), constraints))[a][0].reshape(4), 1e-7);
    }

    [TestMethod]
    public void Water_filling()
    {
        using DisposeScope scope = NewDisposeScope();
        double[] floor = [0.2, 0.5, 1.5];
        var x = new Variable("x", 3, sign: Sign.Nonnegative);
        AssertClose([0.65, 0.35, 0], Solve(ConvexProgram.Maximize(Sum(Log(x + floor)), Sum(x).EqualTo(1)))[x][0], 1e-7);
    }

    [TestMethod]
    public void Water_filling_of_many_goods_takes_no_more_iterations_than_of_few()
    {
        using DisposeScope scope = NewDisposeScope();
        const int count = 150;
        double[] floor = [.. Enumerable.Range(0, count).Select(i => 1 + Math.Abs(Math.Sin(i * i)))];
        var x = new Variable("x", count, sign: Sign.Nonnegative);
        foreach (double budget in new[] { 0.2 * count, 0.5 * count })
        {
            ProgramSolution solution = Solve(ConvexProgram.Maximize(Sum(Log(x + floor)), Sum(x).EqualTo(budget)));
            Assert.IsLessThan(25, solution.Iterations[0]);

            // Cover and Thomas, 2006, section 9.4: the level at which the budget is spent.
            (double low, double high) = (0, 10);
            for (int i = 0; i < 60; i++)
            {
                double level = (low + high) / 2;
                (low, high) = floor.Sum(ground => Math.Max(0, level - ground)) > budget ? (low, level) : (level, high);
            }

            AssertClose([.. floor.Select(ground => Math.Max(0, low - ground))], solution[x][0], 1e-7);
        }
    }

    [TestMethod]
    public void Lower_bound_of_a_polynomial_by_sums_of_squares()
    {
        using DisposeScope scope = NewDisposeScope();

        // x⁴ − 2x² + x³ − γ = (1, x, x²) Q (1, x, x²)ᵀ.
        var gamma = new Variable("gamma");
        var q = new Variable("Q", 3, 3);
        ProgramSolution solution = Solve(ConvexProgram.Maximize(
            gamma, q.IsPositiveSemidefinite(), q.EqualTo(Transpose(q)), q[0, 0].EqualTo(-gamma), (2 * q[0, 1]).EqualTo(0), (q[1, 1] + (2 * q[0, 2])).EqualTo(-2), (2 * q[1, 2]).EqualTo(1), q[2, 2].EqualTo(1)));
        double least = Enumerable.Range(-40000, 80000).Select(i => i / 20000.0).Min(x => Math.Pow(x, 4) + Math.Pow(x, 3) - (2 * x * x));
        Assert.AreEqual(least, solution.Objective.item<double>(), 1e-7);
    }

    [TestMethod]
    public void Quantile_regression()
    {
        using DisposeScope scope = NewDisposeScope();
        double[] y = [3, 1, 4, 1.5, 9, 2.6, 5];
        var level = new Variable("level");
        Expression residual = (Expression)y - level;
        Assert.AreEqual(5, Solve(ConvexProgram.Minimize((0.8 * Sum(Positive(residual))) + (0.2 * Sum(Positive(-residual)))))[level].item<double>(), 1e-7);
    }

    [TestMethod]
    public void Relaxation_of_the_largest_cut_of_a_ring_of_five()
    {
        using DisposeScope scope = NewDisposeScope();
        var x = new Variable("X", 5, 5);
        Expression cut = 0.0;
        for (int i = 0; i < 5; i++)
        {
            cut += 0.5 - (0.5 * x[i, (i + 1) % 5]);
        }

        ConvexProgram program = ConvexProgram.Maximize(cut, x.IsPositiveSemidefinite(), x.EqualTo(Transpose(x)), Diagonal(x).EqualTo(1));
        Assert.AreEqual(2.5 * (1 + Math.Cos(Math.PI / 5)), Solve(program).Objective.item<double>(), 1e-7);
    }

    private static ProgramSolution Solve(ConvexProgram program)
    {
        AssertOptimal(program);
        return program.Solve(new Dictionary<Parameter, Tensor>());
    }

    private static void AssertOptimal(ConvexProgram program) =>
        ConeCertificate.AssertOptimal(new ConeSolver().Solve(program.Compiled.Apply(zeros(1, 0, ScalarType.Float64))), 0, 1e-7);

    private static double[,] Numbers(int rows, int columns, int seed)
    {
        var random = new Random(seed);
        double[,] numbers = new double[rows, columns];
        for (int i = 0; i < numbers.Length; i++)
        {
            numbers[i / columns, i % columns] = (2 * random.NextDouble()) - 1;
        }

        return numbers;
    }

    private static void AssertClose(double[] expected, Tensor actual, double tolerance)
    {
        double[] values = [.. actual.contiguous().data<double>()];
        Assert.HasCount(expected.Length, values);
        for (int i = 0; i < expected.Length; i++)
        {
            Assert.AreEqual(expected[i], values[i], tolerance, $"entry {i}");
        }
    }
}
