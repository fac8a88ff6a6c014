using Microsoft.ML.Implicit.Differentiation;
using Microsoft.ML.Implicit.Modelling;
using Microsoft.ML.Implicit.Solvers;
using TorchSharp;
using static Microsoft.ML.Implicit.Modelling.Functions;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Tests.Modelling;

[TestClass]
public sealed class ProgramUnitTests
{
    private const int MostMoreIterations = 4;

    private static readonly int[] Powers = [.. Enumerable.Range(-12, 25)];

    [TestMethod]
    public void Nearness_with_a_penalty_on_magnitudes_has_the_units_of_its_data() => AssertScales(s =>
    {
        (Variable x, Parameter c) = (new Variable("x", 3), new Parameter("c", 3));
        return (ConvexProgram.Minimize((SumSquares(x - c) * 0.5) + (Norm1(x) * s)), x, c, [3 * s, -2 * s, 5 * s], [2 * s, -1 * s, 4 * s]);
    });

    [TestMethod]
    public void A_robust_location_has_the_units_of_its_data() => AssertScales(s =>
    {
        (Variable x, Parameter c) = (new Variable("x"), new Parameter("c", 3));
        return (ConvexProgram.Minimize(Sum(Huber(c - Product((Expression)new double[,] { { 1 }, { 1 }, { 1 } }, x), s))), x, c, [0, 0.1 * s, 100 * s], [0.55 * s]);
    });

    [TestMethod]
    public void Nonnegative_least_squares_have_the_units_of_their_data() => AssertScales(s =>
    {
        (Variable x, Parameter c) = (new Variable("x", 2), new Parameter("c", 3));
        Expression residual = Product((Expression)new double[,] { { 1, 0 }, { 0, 1 }, { 1, 1 } }, x) - c;
        return (ConvexProgram.Minimize(SumSquares(residual), x >= 0), x, c, [s, 2 * s, 3 * s], [s, 2 * s]);
    });

    [TestMethod]
    public void A_portfolio_has_the_units_of_its_budget() => AssertScales(s =>
    {
        (Variable x, Parameter c) = (new Variable("x", 3, sign: Sign.Nonnegative), new Parameter("c", 3));
        ConvexProgram program = ConvexProgram.Maximize(Dot(c, x) - (SumSquares(x) * (0.5 / s)), Sum(x).EqualTo(s), Norm2(x) <= 0.9 * s);
        return (program, x, c, [0.3, 0.2, 0.1], [s * 13 / 30, s / 3, s * 7 / 30]);
    });

    [TestMethod]
    public void Least_squares_under_a_limit_on_the_norm_have_the_units_of_their_data() => AssertScales(s =>
    {
        (Variable x, Parameter c) = (new Variable("x", 2), new Parameter("c", 2));
        return (ConvexProgram.Minimize(SumSquares(x - c), Norm2(x) <= 2 * s), x, c, [3 * s, 4 * s], [1.2 * s, 1.6 * s]);
    });

    [TestMethod]
    [DataRow(1e-5)]
    [DataRow(1e-7)]
    [DataRow(1e-9)]
    [DataRow(1e-14)]
    public void Costs_that_are_small_beside_squares_say_nothing_of_how_large_a_solution_is(double cost)
    {
        using DisposeScope scope = NewDisposeScope();
        (Variable x, Parameter c) = (new Variable("x", 3), new Parameter("c", 3));
        var costs = new Dictionary<Parameter, Tensor> { [c] = tensor(new[] { 1.0, 2, 3 }) };
        AssertSolved(ConvexProgram.Minimize((Dot(c, x) * cost) + SumSquares(x), Sum(x).EqualTo(1), Norm2(x) <= 0.7));
        AssertSolved(ConvexProgram.Minimize(Dot(c, x) + (SumSquares(x) / cost), Sum(x).EqualTo(1), Norm2(x) <= 0.7));
        AssertSolved(ConvexProgram.Minimize((Dot(c, x) * cost) + SumSquares(x), Sum(x).EqualTo(1), x >= 0, NormInfinity(x) <= 0.5));

        void AssertSolved(ConvexProgram program)
        {
            ProgramSolution solution = program.Solve(costs);
            double[] values = solution[x].data<double>().ToArray();
            for (int i = 0; i < values.Length; i++)
            {
                Assert.AreEqual((1.0 / 3) + ((1 - i) * cost / 2), values[i], 1e-8);
            }
        }
    }

    [TestMethod]
    public void A_square_that_is_bounded_has_the_units_of_its_bound() => AssertScales(s =>
    {
        (Variable x, Parameter c) = (new Variable("x", 2), new Parameter("c", 2));
        return (ConvexProgram.Maximize(Dot(c, x), SumSquares(x) <= 25 * s * s), x, c, [0.3, 0.4], [3 * s, 4 * s]);
    });

    [TestMethod]
    public void The_root_of_a_budget_has_its_units() => AssertScales(s =>
    {
        (Variable x, Parameter c) = (new Variable("x", 2), new Parameter("c", 2, sign: Sign.Nonnegative));
        return (ConvexProgram.Maximize(Dot(c, Sqrt(x)), Sum(x) <= 5 * s), x, c, [1, 2], [s, 4 * s]);
    });

    [TestMethod]
    public void A_nearest_semidefinite_matrix_has_the_units_of_its_data() => AssertScales(s =>
    {
        (Variable x, Parameter c) = (new Variable("x", 2, 2), new Parameter("c", 2, 2));
        return (ConvexProgram.Minimize(Norm2(x - c), x.IsPositiveSemidefinite()), x, c, [s, 2 * s, 2 * s, s], [1.5 * s, 1.5 * s, 1.5 * s, 1.5 * s]);
    });

    [TestMethod]
    public void Squares_with_linear_costs_have_their_units() => AssertScales(s =>
    {
        (Variable x, Parameter c) = (new Variable("x", 3), new Parameter("c", 3));
        return (ConvexProgram.Minimize(Sum(Square(x)) - Dot(c, x)), x, c, [2 * s, -4 * s, 6 * s], [s, -2 * s, 3 * s]);
    });

    [TestMethod]
    public void Exponentials_with_linear_costs_have_their_logarithms() => AssertScales(s =>
    {
        (Variable x, Parameter c) = (new Variable("x", 2), new Parameter("c", 2));
        return (ConvexProgram.Minimize(Sum(Exp(x)) - Dot(c, x)), x, c, [s, 2 * s], [Math.Log(s), Math.Log(2 * s)]);
    });

    [TestMethod]
    public void Logarithms_of_a_budget_have_its_units() => AssertScales(s =>
    {
        (Variable x, Parameter c) = (new Variable("x", 3), new Parameter("c", 3, sign: Sign.Nonnegative));
        return (ConvexProgram.Maximize(Dot(c, Log(x)), Sum(x) <= s), x, c, [1, 2, 1], [s / 4, s / 2, s / 4]);
    });

    [TestMethod]
    public void Entropy_of_a_budget_has_its_units() => AssertScales(s =>
    {
        (Variable x, Parameter c) = (new Variable("x", 2), new Parameter("c", 2));
        return (ConvexProgram.Maximize(Sum(Entropy(x)) + Dot(c, x), Sum(x).EqualTo(s)), x, c, [0, Math.Log(3)], [s / 4, s * 3 / 4]);
    });

    [TestMethod]
    public void A_ball_of_squares_around_data_has_their_units() => AssertScales(s =>
    {
        (Variable x, Parameter c) = (new Variable("x", 2), new Parameter("c", 2));
        return (ConvexProgram.Minimize(Dot(new double[] { 3, 4 }, x), SumSquares(x - c) <= 25 * s * s), x, c, [s, 2 * s], [-2 * s, -2 * s]);
    });

    [TestMethod]
    public void Limits_that_stand_for_none_and_entries_that_are_rounding_do_not_matter() => AssertScales(s =>
    {
        (Variable x, Parameter c) = (new Variable("x", 3), new Parameter("c", 3));
        Expression mixed = Product((Expression)new double[,] { { 1, 1e-17, -3e-17 }, { 2e-17, 1, 0 }, { 1e-16, 0, 1 } }, x);
        return (ConvexProgram.Minimize((SumSquares(mixed - c) * 0.5) + (Norm1(x) * s), x <= 1e20 * s, x >= -1e9 * s), x, c, [3 * s, -2 * s, 5 * s], [2 * s, -1 * s, 4 * s]);
    });

    [TestMethod]
    public void Gradients_have_units_too()
    {
        foreach (double s in new[] { 1e-10, 1e-4, 1, 1e5, 1e9 })
        {
            using DisposeScope scope = NewDisposeScope();
            (Variable x, Parameter c) = (new Variable("x", 3), new Parameter("c", 3, sign: Sign.Nonnegative));
            AssertGradient(ConvexProgram.Minimize((SumSquares(x - c) * 0.5) + (Norm1(x) * s)), [3 * s, 0.5 * s, 5 * s], [1, 0, 4]);
            AssertGradient(ConvexProgram.Maximize(Dot(c, x) - (SumSquares(x) * (0.5 / s)), Sum(x).EqualTo(s), x >= 0, Norm2(x) <= 0.9 * s), [0.3, 0.2, 0.1], [-4 * s / 3, -s / 3, 5 * s / 3]);
            AssertGradient(ConvexProgram.Maximize(Dot(new double[] { 2, 1, 2 }, x), SumSquares(x - c) <= 9 * s * s), [s, s, s], [1, 2, 4]);
            AssertGradient(ConvexProgram.Maximize(Dot(c, x), SumSquares(x) <= 9 * s * s), [2, 1, 2], [-5 * s / 3, 2 * s / 3, 4 * s / 3]);
            AssertGradient(ConvexProgram.Minimize(Sum(Exp(x)) - Dot(c, x)), [s, 2 * s, 4 * s], [1 / s, 1 / s, 1 / s]);
            AssertGradient(ConvexProgram.Maximize(Dot(c, Log(x)), Sum(x) <= s), [1, 2, 1], [-1.25 * s / 4, -0.25 * s / 4, 1.75 * s / 4]);

            // Of x₁ + 2x₂ + 4x₃.
            void AssertGradient(ConvexProgram program, double[] data, double[] expected)
            {
                Tensor value = tensor(data, [3], ScalarType.Float64).requires_grad_();
                Tensor sum = program.Solve(new Dictionary<Parameter, Tensor> { [c] = value })[x].mul(tensor(new double[] { 1, 2, 4 })).sum();
                ImplicitBackward.Run(() => sum.backward());
                double[] gradient = [.. value.grad!.data<double>()];
                Assert.IsLessThanOrEqualTo(1e-5, gradient.Zip(expected, (a, e) => Math.Abs(a - e)).Max() / expected.Max(Math.Abs), $"{s}: {string.Join(" ", gradient)}, {string.Join(" ", expected)}");
            }
        }
    }

    private static void AssertScales(Func<double, (ConvexProgram Program, Variable X, Parameter C, double[] Data, double[] Expected)> create)
    {
        List<string> failures = [];
        int usual = int.MaxValue / 2;
        usual = Solve(1);
        foreach (int power in Powers)
        {
            Solve(Math.Pow(10, power));
        }

        Assert.IsEmpty(failures, string.Join("\n", failures));

        int Solve(double s)
        {
            using DisposeScope scope = NewDisposeScope();
            (ConvexProgram program, Variable x, Parameter c, double[] data, double[] expected) = create(s);
            Tensor value = tensor(data, c.Columns > 1 ? [c.Rows, c.Columns] : data.Length == 1 ? [] : [data.Length], ScalarType.Float64);
            ProgramSolution solution = program.Solve(new Dictionary<Parameter, Tensor> { [c] = value }, throwOnFailure: false);
            double[] actual = [.. solution[x].flatten().data<double>()];
            double error = actual.Zip(expected, (a, e) => Math.Abs(a - e)).Max() / expected.Max(Math.Abs);
            Console.WriteLine($"{s:e0}: {solution.Status[0]}, {solution.Iterations[0]} iterations, error {error:e1}");
            if (!(solution.Status[0] == SolveStatus.Converged && error <= 1e-6 && solution.Iterations[0] <= usual + MostMoreIterations))
            {
                failures.Add($"{s:e0}: {solution.Status[0]}, {solution.Iterations[0]} iterations where one unit takes {usual}, {error:e1} off");
            }

            return solution.Iterations[0];
        }
    }
}
