using Microsoft.ML.Implicit.Differentiation;
using Microsoft.ML.Implicit.Modelling;
using Microsoft.ML.Implicit.Solvers;
using Microsoft.ML.Implicit.Solvers.Conic;
using TorchSharp;
using static Microsoft.ML.Implicit.Modelling.Functions;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Tests.Modelling;

/// <summary>Programs of numbers of very different orders.</summary>
[TestClass]
public sealed class LargeNumberTests
{
    [TestMethod]
    [DataRow(1e4)]
    [DataRow(1e8)]
    [DataRow(1e10)]
    [DataRow(1e15)]
    public void A_cost_that_stands_for_never_takes_no_exactness_from_the_others(double never)
    {
        using DisposeScope scope = NewDisposeScope();
        var x = new Variable("x", 3, sign: Sign.Nonnegative);

        // An objective of 2 to the acceptable tolerance of rows that rounding ends.
        AssertClose([0, 1, 0], Solve(ConvexProgram.Minimize(Dot(new[] { never, 2, 3 }, x), Sum(x).EqualTo(1)), x), 2 * new ConeOptions().AcceptableTolerance);
        AssertClose([0, 1.25, 0.75], Solve(ConvexProgram.Minimize(SumSquares(x) + Dot(new[] { never, 2, 3 }, x), Sum(x).EqualTo(2)), x), 1e-8);
        AssertClose([0, 0, 1], Solve(ConvexProgram.Minimize(Dot(new double[] { 2, 3, 1 }, x) + (never * Positive(1 - Sum(x))), x <= 5), x), 1e-8);
        var y = new Variable("y", 6, sign: Sign.Nonnegative);
        AssertClose([0, 0, 0, 0, 1, 0], Solve(ConvexProgram.Minimize(Dot(new[] { never, never, never, never, 2, 3 }, y), Sum(y).EqualTo(1)), y), 1e-8);
    }

    [TestMethod]
    [DataRow(ConeMethod.InteriorPoint, 1e12)]
    [DataRow(ConeMethod.InteriorPoint, 1e16)]
    [DataRow(ConeMethod.InteriorPoint, 1e20)]
    [DataRow(ConeMethod.OperatorSplitting, 1e16)]
    [DataRow(ConeMethod.OperatorSplitting, 1e20)]
    public void A_limit_that_stands_for_none_changes_no_solution(ConeMethod method, double none)
    {
        using DisposeScope scope = NewDisposeScope();
        var x = new Variable("x", 3);
        double[] costs = [1, 2, 3];
        double norm = Math.Sqrt(14);
        var options = new ConeOptions { Method = method };
        foreach (Constraint limit in new[] { x <= none, Sum(x) <= none, Norm2(x) <= none, Exp(x) <= none })
        {
            AssertClose([1, 1, 1], Solve(ConvexProgram.Minimize(Dot(costs, x), limit, x >= 1), x, options), 1e-9);
            AssertClose(costs, Solve(ConvexProgram.Minimize(SumSquares(x - costs), limit), x, options), 1e-9);
        }

        AssertClose([-1 / norm, -2 / norm, -3 / norm], Solve(ConvexProgram.Minimize(Dot(costs, x), Norm2(x) <= none, Norm2(x) <= 1), x, options), 1e-9);
    }

    [TestMethod]
    [DataRow(ConeMethod.InteriorPoint)]
    [DataRow(ConeMethod.OperatorSplitting)]
    public void A_variable_with_little_room_keeps_it_beside_large_ones(ConeMethod method)
    {
        using DisposeScope scope = NewDisposeScope();
        var x = new Variable("x", 2);
        var options = new ConeOptions { Method = method };
        Constraint[] room = [x[0] >= 1e-6, x[0] <= 2e-6, x[1] >= 1e4, Sum(x) <= 1e8];
        AssertClose([1, 1], InUnits(ConvexProgram.Minimize(Sum(x), room)), 1e-2);
        AssertClose([2, 1], InUnits(ConvexProgram.Minimize(x[1] - x[0], room)), 1e-2);
        Assert.IsInRange(1e-6 * (1 - 1e-6), 2e-6 * (1 + 1e-6), Solve(ConvexProgram.Minimize(SumSquares(x), room), x, options)[0]);
        ProgramSolution contradiction = ConvexProgram.Minimize(Sum(x), x[0] >= 2e-6, x[0] <= 1e-6, x[1] >= 1e4, Sum(x) <= 1e8)
            .Solve(new Dictionary<Parameter, Tensor>(), options, throwOnFailure: false);
        Assert.AreEqual(SolveStatus.Infeasible, contradiction.Status[0]);

        // An objective of 10⁴ is found to 10⁻¹², which is a hundredth of what little room there is.
        double[] InUnits(ConvexProgram program) => Solve(program, x, options) is [var small, var large] ? [small / 1e-6, large / 1e4] : [];
    }

    [TestMethod]
    public void An_objective_that_improves_ever_more_slowly_without_end_is_nearly_unbounded()
    {
        using DisposeScope scope = NewDisposeScope();
        (var x, var y) = (new Variable("x", 2), new Variable("x", 3));
        foreach (ConvexProgram program in new[]
        {
            ConvexProgram.Maximize(Sum(Log(x))), ConvexProgram.Maximize(Log(x[0]) - x[1], x[1] >= 1), ConvexProgram.Maximize(Sum(Log(x)), x >= 1),
            ConvexProgram.Maximize(Sum(Log(y)), y[0] <= 1), ConvexProgram.Maximize(Sum(Log(y)), y[0] <= 1, y[1] <= 1e3),
        })
        {
            ProgramSolution solution = program.Solve(new Dictionary<Parameter, Tensor>(), throwOnFailure: false);
            Assert.AreEqual(SolveStatus.NearlyUnbounded, solution.Status[0], solution.Describe(0));
            Assert.Contains("'x'", solution.Describe(0));
        }
    }

    [TestMethod]
    [DataRow(1e4)]
    [DataRow(1e7)]
    [DataRow(1e10)]
    public void Counts_of_most_entropy_under_several_conditions_are_those_of_shares(double total)
    {
        using DisposeScope scope = NewDisposeScope();
        var random = new Random(5);
        foreach (int size in new[] { 4, 12, 40 })
        {
            for (int conditions = 1; conditions <= 3; conditions++)
            {
                // Of most entropy are counts whose logarithms are sums of the conditions' coefficients.
                double[][] rows = [.. Enumerable.Range(0, conditions).Select(k => Enumerable.Range(0, size).Select(i => Math.Pow(10, k) * (random.NextDouble() - 0.5)).ToArray())];
                double[] weights = [.. Enumerable.Range(0, size).Select(i => Math.Exp(rows.Index().Sum(row => row.Item[i] * Math.Pow(10, -row.Index) * (row.Index + 1))))];
                double[] expected = [.. weights.Select(weight => weight * total / weights.Sum())];
                var p = new Variable("p", size);
                double[] actual = Solve(
                    ConvexProgram.Maximize(Sum(Entropy(p)), [Sum(p).EqualTo(total), .. rows.Select(row => Dot(row, p).EqualTo(row.Zip(expected, (coefficient, count) => coefficient * count).Sum()))]), p);
                for (int i = 0; i < size; i++)
                {
                    Assert.AreEqual(expected[i] / total, actual[i] / total, 1e-7);
                }
            }
        }
    }

    [TestMethod]
    [DataRow(1e8)]
    [DataRow(1e10)]
    public void Splitting_calls_nothing_converged_beside_a_cost_that_stands_for_never_but_the_optimum(double never)
    {
        using DisposeScope scope = NewDisposeScope();
        var x = new Variable("x", 3, sign: Sign.Nonnegative);
        ConvexProgram program = ConvexProgram.Minimize(Dot(new[] { never, 2, 3 }, x), Sum(x).EqualTo(1));
        ProgramSolution solution = program.Solve(new Dictionary<Parameter, Tensor>(), new ConeOptions { Method = ConeMethod.OperatorSplitting }, throwOnFailure: false);
        Assert.IsTrue(solution.Status[0] != SolveStatus.Converged || Math.Abs(solution.Objective.item<double>() - 2) < 1e-6, $"{solution.Objective.item<double>()}");
    }

    [TestMethod]
    [DataRow(1e2)]
    [DataRow(1e6)]
    [DataRow(1e7)]
    [DataRow(1e8)]
    [DataRow(1e12)]
    public void Utilities_of_any_budget_are_solved(double budget)
    {
        using DisposeScope scope = NewDisposeScope();
        var w = new Variable("w", 4, sign: Sign.Nonnegative);
        double level = (budget + 10) / 4;
        AssertClose([level - 1, level - 2, level - 3, level - 4], Solve(ConvexProgram.Maximize(Sum(Log(w + new double[] { 1, 2, 3, 4 })), Sum(w) <= budget), w), 1e-7 * budget);
        double[] shares = [.. Enumerable.Repeat(budget / 4, 4)];
        AssertClose(shares, Solve(ConvexProgram.Maximize(Sum(Log(1 + w)), Sum(w) <= budget), w), 1e-7 * budget);
        AssertClose(shares, Solve(ConvexProgram.Maximize(Sum(Entropy(w + 1)), Sum(w).EqualTo(budget)), w), 1e-7 * budget);
    }

    [TestMethod]
    [DataRow(15)]
    [DataRow(20)]
    [DataRow(25)]
    [DataRow(30)]
    public void Exponentials_far_beyond_the_data_are_reached(double exponent)
    {
        using DisposeScope scope = NewDisposeScope();
        var x = new Variable("x");
        AssertClose([exponent], Solve(ConvexProgram.Minimize(Exp(x), x >= exponent), x), 1e-6);
        AssertClose([Math.Exp(exponent)], Solve(ConvexProgram.Minimize(x, Log(x) >= exponent), x), 1e-6 * Math.Exp(exponent));
    }

    [TestMethod]
    [DataRow(5)]
    [DataRow(25)]
    public void Solutions_far_beyond_the_data_are_differentiable(double exponent)
    {
        using DisposeScope scope = NewDisposeScope();
        (Variable x, Parameter k) = (new Variable("x"), new Parameter("k"));
        Tensor value = tensor(exponent, ScalarType.Float64).requires_grad_();
        ProgramSolution solution = ConvexProgram.Minimize(x, Log(x) >= k).Solve(new Dictionary<Parameter, Tensor> { [k] = value });
        ImplicitBackward.Run(() => solution[x].sum().backward());
        Assert.AreEqual(1, value.grad!.item<double>() / Math.Exp(exponent), 1e-5);
    }

    [TestMethod]
    [DataRow(100)]
    [DataRow(300)]
    public void Exponentials_beyond_reach_are_not_called_infeasible(double exponent)
    {
        using DisposeScope scope = NewDisposeScope();
        var x = new Variable("x");
        ProgramSolution solution = ConvexProgram.Minimize(Exp(x), x >= exponent).Solve(new Dictionary<Parameter, Tensor>(), throwOnFailure: false);
        Assert.AreNotEqual(SolveStatus.Infeasible, solution.Status[0]);
        Assert.IsTrue(solution.Status[0] == SolveStatus.Converged || solution.Describe(0).Contains("exponentials of large numbers", StringComparison.Ordinal), solution.Describe(0));
    }

    [TestMethod]
    [DataRow(0)]
    [DataRow(1e3)]
    [DataRow(1e6)]
    [DataRow(1.7e9)]
    public void Squares_of_what_is_far_from_zero_have_the_minima_of_what_is_near_and_their_values(double offset)
    {
        using DisposeScope scope = NewDisposeScope();
        var random = new Random(3);
        double[] noise = [.. Enumerable.Range(0, 60).Select(i => (0.01 * i * i) - (0.4 * i) + (2 * random.NextDouble()))];
        double[] values = [.. noise.Select(value => offset + value)];
        var x = new Variable("x", 60);
        ConvexProgram Concave(double[] y) => ConvexProgram.Minimize(SumSquares(x - y), x.Slice(2, 58) - (2 * x.Slice(1, 58)) + x.Slice(0, 58) <= 0);
        AssertClose([.. Solve(Concave(noise), x).Select(value => offset + value)], Solve(Concave(values), x), 1e-6 + (1e-14 * offset));

        double[,] design = new double[60, 2];
        for (int i = 0; i < 60; i++)
        {
            (design[i, 0], design[i, 1]) = (1, i);
        }

        var b = new Variable("b", 2);
        ConvexProgram Line(double[] y, double penalty) => ConvexProgram.Minimize(SumSquares(Product(design, b) - y) + (penalty * Abs(b[1])), b[1] <= 0.1);
        foreach (double penalty in (double[])[0, 50])
        {
            double[] near = Solve(Line(noise, penalty), b), far = Solve(Line(values, penalty), b);
            Assert.AreEqual(near[1], far[1], 1e-6 + (1e-14 * offset));
            Assert.AreEqual(near[0] + offset, far[0], 1e-5 + (1e-13 * offset));
            Assert.AreEqual(
                Line(noise, penalty).Solve(new Dictionary<Parameter, Tensor>()).Objective.item<double>(), Line(values, penalty).Solve(new Dictionary<Parameter, Tensor>()).Objective.item<double>(), 1e-4 + (1e-6 * Math.Sqrt(offset)));
        }
    }

    [TestMethod]
    [DataRow(0)]
    [DataRow(1e5)]
    [DataRow(1e7)]
    public void Robust_regressions_far_from_zero_are_those_near(double offset)
    {
        using DisposeScope scope = NewDisposeScope();
        double[,] design = new double[30, 2];
        double[] values = new double[30];
        for (int i = 0; i < 30; i++)
        {
            (design[i, 0], design[i, 1]) = (1, i);
            values[i] = offset + (0.3 * i) + Math.Sin(11 * i) + (i % 7 == 3 ? 40 : 0);
        }

        var b = new Variable("b", 2);
        double[] line = Solve(ConvexProgram.Minimize(Sum(Huber(Product(design, b) - values, 1))), b);
        Assert.AreEqual(0.3, line[1], 0.05);
        Assert.AreEqual(offset, line[0], 1);
        var y = new Parameter("y", 30);
        ProgramSolution ofParameter = ConvexProgram.Minimize(Sum(Huber(Product(design, b) - y, 1))).Solve(new Dictionary<Parameter, Tensor> { [y] = tensor(values) });
        AssertClose(line, [.. ofParameter[b].flatten().data<double>()], 1e-6 + (1e-12 * offset));
    }

    [TestMethod]
    public void Robust_losses_of_variables_alone_need_no_variables_for_them()
    {
        var x = new Variable("x", 5);
        Assert.AreEqual(15, ConvexProgram.Minimize(Sum(Huber(x)), x[0] >= 3).Compiled.Columns);
        Assert.AreEqual(20, ConvexProgram.Minimize(Sum(Huber(x - 1))).Compiled.Columns);
    }

    private static double[] Solve(ConvexProgram program, Variable variable, ConeOptions? options = null)
    {
        ProgramSolution solution = program.Solve(new Dictionary<Parameter, Tensor>(), options, throwOnFailure: false);
        Assert.AreEqual(SolveStatus.Converged, solution.Status[0], $"{program}: {solution.Describe(0)}");
        return [.. solution[variable].flatten().data<double>()];
    }

    private static void AssertClose(double[] expected, double[] actual, double tolerance)
    {
        for (int i = 0; i < expected.Length; i++)
        {
            Assert.AreEqual(expected[i], actual[i], tolerance, string.Join(" ", actual));
        }
    }
}
