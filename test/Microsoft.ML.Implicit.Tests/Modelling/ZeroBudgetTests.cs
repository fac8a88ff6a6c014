using Microsoft.ML.Implicit.Differentiation;
using Microsoft.ML.Implicit.Modelling;
using Microsoft.ML.Implicit.Solvers;
using Microsoft.ML.Implicit.Solvers.Conic;
using TorchSharp;
using static Microsoft.ML.Implicit.Modelling.Functions;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Tests.Modelling;

/// <summary>Rows whose constraints leave no point inside their cones, beside rows with room.</summary>
[TestClass]
public sealed class ZeroBudgetTests
{
    private static readonly double[] Target = [1, 2, -3];

    [TestMethod]
    [DataRow(1e-6)]
    [DataRow(1.0)]
    [DataRow(1e6)]
    public void Squares_within_a_budget_of_zero_are_zero(double unit)
    {
        using DisposeScope scope = NewDisposeScope();
        var x = new Variable("x", 3);
        var budget = new Parameter("budget");
        double[] target = [.. Target.Select(value => value * unit)];
        double square = unit * unit, size = Math.Sqrt(14);
        double[] whole = Scaled(target, 1), half = Scaled(target, 0.5), none = new double[3];
        AssertSolutions(ConvexProgram.Minimize(SumSquares(x - target), SumSquares(x) <= budget), x, budget, [0, 3.5 * square, 0, 20 * square], [none, half, none, whole], unit);
        AssertSolutions(ConvexProgram.Minimize(SumSquares(x - target), Sum(Square(x)) <= budget), x, budget, [0, 3.5 * square, 20 * square], [none, half, whole], unit);
        AssertSolutions(ConvexProgram.Minimize(SumSquares(x - target), Sum(Huber(x, 100 * unit)) <= budget), x, budget, [0, 3.5 * square], [none, half], unit);
        AssertSolutions(ConvexProgram.Minimize(SumSquares(x - target), Norm2(x) <= budget), x, budget, [0, 0.5 * size * unit, 2 * size * unit], [none, half, whole], unit);
        AssertSolutions(ConvexProgram.Minimize(SumSquares(x - target), QuadraticForm(x, new double[,] { { 2, 0, 0 }, { 0, 2, 0 }, { 0, 0, 2 } }) <= budget), x, budget, [0, 7 * square], [none, half], unit);
    }

    [TestMethod]
    [DataRow(1e-6)]
    [DataRow(1.0)]
    [DataRow(1e6)]
    public void Roots_of_what_must_be_zero_are_zero(double unit)
    {
        using DisposeScope scope = NewDisposeScope();
        var x = new Variable("x", 2, sign: Sign.Nonnegative);
        var budget = new Parameter("budget");
        double[][] shares = [[0, 0], [unit, unit], [0, 0]];
        double[] budgets = [0, 2 * unit, 0];
        AssertSolutions(ConvexProgram.Maximize(Sum(Sqrt(x)), Sum(x) <= budget), x, budget, budgets, shares, unit);
        AssertSolutions(ConvexProgram.Maximize(Sum(Sqrt(x)), Sum(x).EqualTo(budget)), x, budget, budgets, shares, unit);
        AssertSolutions(ConvexProgram.Maximize(Sqrt(x[0]) + Sqrt(budget - x[0]) - (Square(x[1] - unit) / (unit * unit))), x, budget, budgets, [[0, unit], [unit, unit], [0, unit]], unit);

        // Of each other: the outer root is of one that must be zero.
        AssertSolutions(ConvexProgram.Maximize(Sum(Sqrt(Sqrt(x))), Sum(x) <= budget), x, budget, budgets, shares, unit);
    }

    [TestMethod]
    public void A_ball_that_touches_a_limit_leaves_a_point()
    {
        using DisposeScope scope = NewDisposeScope();
        var x = new Variable("x", 3);
        var limit = new Parameter("limit");
        AssertSolutions(ConvexProgram.Minimize(SumSquares(x - Target), Norm2(x - new double[] { 1, 0, 0 }) <= 1, x[0] >= limit), x, limit, [2], [[2, 0, 0]], 1);
    }

    [TestMethod]
    public void What_contradicts_a_budget_of_zero_is_infeasible()
    {
        using DisposeScope scope = NewDisposeScope();
        var x = new Variable("x", 3);
        ProgramSolution solution = ConvexProgram.Minimize(SumSquares(x - Target), SumSquares(x) <= 0, x[0] >= 1).Solve(new Dictionary<Parameter, Tensor>(), throwOnFailure: false);
        Assert.AreEqual(SolveStatus.Infeasible, solution.Status[0]);
    }

    [TestMethod]
    public void Rows_with_a_budget_of_zero_have_gradients_and_leave_others_theirs()
    {
        using DisposeScope scope = NewDisposeScope();
        var x = new Variable("x", 3);
        (var budget, var target) = (new Parameter("budget"), new Parameter("target", 3));
        ConvexProgram program = ConvexProgram.Minimize(SumSquares(x - target), SumSquares(x) <= budget);
        Tensor targets = tensor(new double[,] { { 1, 2, -3 }, { 1, 2, -3 } }).requires_grad_(), budgets = tensor(new[] { 0, 3.5 }).requires_grad_();
        Tensor solution = program.Solve(new Dictionary<Parameter, Tensor> { [budget] = budgets, [target] = targets })[x];
        ImplicitBackward.Run(() => solution[TensorIndex.Colon, 0].sum().backward());

        // x = √(budget / 14) target in the second row, and zero whatever the target in the first.
        double[] slope = [.. targets.grad!.data<double>()];
        double[] expected = [0, 0, 0, 0.5 * 13 / 14, -0.5 * 2 / 14, 0.5 * 3 / 14];
        for (int i = 0; i < slope.Length; i++)
        {
            Assert.AreEqual(expected[i], slope[i], 1e-7, string.Join(" ", slope));
        }

        Assert.IsTrue(budgets.grad!.isfinite().all().item<bool>());
        Assert.AreEqual(1.0 / 14, budgets.grad![1].item<double>(), 1e-7);
    }

    [TestMethod]
    public void Variables_keep_bounds_that_constraints_state_to_the_last_digit()
    {
        using DisposeScope scope = NewDisposeScope();
        var random = new Random(7);
        for (int i = 0; i < 20; i++)
        {
            double unit = Math.Pow(10, random.Next(-6, 7));
            double[] costs = [.. Enumerable.Range(0, 8).Select(_ => random.NextDouble() - 0.3)], upper = [.. Enumerable.Range(0, 8).Select(_ => unit * random.NextDouble())];
            var x = new Variable("x", 8, sign: Sign.Nonnegative);
            foreach (ConeMethod method in new[] { ConeMethod.InteriorPoint, ConeMethod.OperatorSplitting })
            {
                ProgramSolution solution = ConvexProgram.Minimize((SumSquares(x) / (2 * unit)) - Dot(costs, x), x <= upper, Norm2(x) <= unit)
                    .Solve(new Dictionary<Parameter, Tensor>(), new ConeOptions { Method = method });
                double[] values = [.. solution[x].flatten().data<double>()];
                for (int j = 0; j < values.Length; j++)
                {
                    Assert.IsTrue(values[j] >= 0 && values[j] <= upper[j], $"{values[j]} of {upper[j]}");
                }
            }
        }
    }

    private static double[] Scaled(double[] values, double factor) => [.. values.Select(value => value * factor)];

    private static void AssertSolutions(ConvexProgram program, Variable variable, Parameter parameter, double[] values, double[][] expected, double unit)
    {
        ProgramSolution solution = program.Solve(new Dictionary<Parameter, Tensor> { [parameter] = tensor(values) }, throwOnFailure: false);
        for (int row = 0; row < values.Length; row++)
        {
            Assert.AreEqual(SolveStatus.Converged, solution.Status[row], $"{program}, row {row}: {solution.Describe(row)}");
            double[] actual = [.. solution[variable][row].data<double>()];
            for (int i = 0; i < actual.Length; i++)
            {
                Assert.AreEqual(expected[row][i] / unit, actual[i] / unit, 1e-7, $"{program}, row {row}: {string.Join(" ", actual)}");
            }
        }
    }
}
