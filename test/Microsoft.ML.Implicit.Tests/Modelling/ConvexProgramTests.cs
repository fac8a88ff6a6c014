using Microsoft.ML.Implicit.Differentiation;
using Microsoft.ML.Implicit.Modelling;
using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Solvers;
using TorchSharp;
using static Microsoft.ML.Implicit.Modelling.Functions;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Tests.Modelling;

[TestClass]
public sealed class ConvexProgramTests
{
    [TestMethod]
    [DataRow(1)]
    [DataRow(1e6)]
    [DataRow(1e-6)]
    [DataRow(1e12)]
    [DataRow(1e30)]
    [DataRow(1e-30)]
    public void An_exponent_under_a_limit_of_any_size_is_right_or_not_called_converged(double limit)
    {
        using DisposeScope scope = NewDisposeScope();
        var x = new Variable("x");
        var program = ConvexProgram.Maximize(x, Exp(x) <= limit);
        ProgramSolution solution = program.Solve(new Dictionary<Parameter, Tensor>(), throwOnFailure: false);
        if (solution.Status[0] == SolveStatus.Converged)
        {
            Assert.AreEqual(Math.Log(limit), solution[x].item<double>(), 1e-6 * (1 + Math.Abs(Math.Log(limit))));
        }
        else
        {
            Assert.IsTrue(limit is > 1e9 or < 1e-9, $"a limit of {limit}");
        }
    }

    [TestMethod]
    public void Every_function_takes_its_value()
    {
        double[] point = [0.3, 1.2, 2.5];
        (Func<Expression, Expression> Function, double Value)[] functions =
        [
            (x => Sum(Abs(x - 1)), 0.7 + 0.2 + 1.5),
            (x => Sum(Positive(1 - x)), 0.7),
            (x => Sum(Square(x)), 0.09 + 1.44 + 6.25),
            (x => SumSquares(x), 7.78),
            (x => Norm1(-x), 4),
            (x => Norm2(x), Math.Sqrt(7.78)),
            (x => NormInfinity(-x), 2.5),
            (x => Max(x), 2.5),
            (x => -Min(x), -0.3),
            (x => Max(x[0], Square(x[1])), 1.44),
            (x => Max(x[0], x.Slice(1, 2), 2 - x[0]), 2.5),
            (x => -Min(x[2], Sqrt(x[1]), 3 - x[2]), -0.5),
            (x => Sum(Exp(x)), point.Sum(Math.Exp)),
            (x => -Sum(Log(x)), -point.Sum(Math.Log)),
            (x => -Sum(Sqrt(x)), -point.Sum(Math.Sqrt)),
            (x => -Sum(Entropy(x)), point.Sum(v => v * Math.Log(v))),
            (x => LogSumExp(x), Math.Log(point.Sum(Math.Exp))),
            (x => Sum(Logistic(x)), point.Sum(v => Math.Log(1 + Math.Exp(v)))),
            (x => Sum(Huber(x, 1)), 0.09 + 1.4 + 4),
            (x => QuadraticForm(x, new double[,] { { 2, 1, 0 }, { 1, 2, 0 }, { 0, 0, 0 } }), 0.18 + 2.88 + 0.72),
            (x => Dot(new double[] { 1, 2, 3 }, x) / 2, (0.3 + 2.4 + 7.5) / 2),
            (x => Sum(Stack(x[1], x.Slice(1, 2))), 1.2 + 1.2 + 2.5),
        ];
        foreach ((Func<Expression, Expression> function, double value) in functions)
        {
            using DisposeScope scope = NewDisposeScope();
            var x = new Variable("x", 3);
            Expression objective = function(x);
            ProgramSolution solution = ConvexProgram.Minimize(objective, x.EqualTo(point)).Solve(new Dictionary<Parameter, Tensor>());
            Assert.AreEqual(value, solution.Objective.item<double>(), 1e-7, objective.ToString());
        }
    }

    [TestMethod]
    public void Solutions_and_multipliers_are_differentiable_functions_of_parameters()
    {
        using DisposeScope scope = NewDisposeScope();
        var matrix = new Parameter("F", 4, 3);
        var target = new Parameter("target", 4);
        var budget = new Parameter("budget");
        var penalty = new Parameter("penalty", sign: Sign.Nonnegative);
        var x = new Variable("x", 3);
        ConvexProgram program = ConvexProgram.Minimize(
            SumSquares(Product(matrix, x) - target) + (penalty * LogSumExp(x)),
            (Sum(x) <= budget).Named("budget"),
            x >= -1);
        using Generator generator = new(3);
        Dictionary<Parameter, Tensor> values = new()
        {
            [matrix] = randn(2, 4, 3, dtype: ScalarType.Float64, generator: generator).requires_grad_(true),
            [target] = randn(4, dtype: ScalarType.Float64, generator: generator).requires_grad_(true),
            [budget] = tensor(new[] { -0.5, 0.1 }).requires_grad_(true),
            [penalty] = tensor(0.3, ScalarType.Float64).requires_grad_(true),
        };
        ImplicitBackward.Run(() => Loss(values).backward());
        foreach ((Parameter parameter, Tensor value) in values)
        {
            using IDisposable noGrad = no_grad();
            Tensor direction = randn(value.shape, ScalarType.Float64, generator: generator);
            double expected = (At(1e-5) - At(-1e-5)) / 2e-5;
            Assert.AreEqual(expected, (value.grad! * direction).sum().item<double>(), 1e-6 * Math.Max(1, Math.Abs(expected)), parameter.Name);

            double At(double step) => Loss(new Dictionary<Parameter, Tensor>(values) { [parameter] = value + (direction * step) }).item<double>();
        }

        Tensor Loss(Dictionary<Parameter, Tensor> given)
        {
            ProgramSolution solution = program.Solve(given);
            return (solution[x] * tensor(new[] { 1.0, -2, 0.5 })).sum() + solution.Multipliers("budget").sum() + (0.1 * solution.Objective.sum());
        }
    }

    [TestMethod]
    public void Multipliers_are_slopes_of_the_least_objective()
    {
        using DisposeScope scope = NewDisposeScope();
        var level = new Parameter("level");
        var x = new Variable("x", 2);
        ConvexProgram equality = ConvexProgram.Minimize(SumSquares(x), Sum(x).EqualTo(level).Named("level"));
        ConvexProgram inequality = ConvexProgram.Minimize(SumSquares(x), (Sum(x) <= level).Named("level"));
        Dictionary<Parameter, Tensor> values = new() { [level] = tensor(-1.0, ScalarType.Float64) };
        Assert.AreEqual(1, equality.Solve(values).Multipliers("level").item<double>(), 1e-7);
        Assert.AreEqual(1, inequality.Solve(values).Multipliers("level").item<double>(), 1e-7);
    }

    [TestMethod]
    public void What_is_not_disciplined_is_refused_by_name()
    {
        var x = new Variable("x", 2);
        var p = new Parameter("p", 2);
        var q = new Parameter("q", 2);
        Refuse("Sqrt(x)", () => ConvexProgram.Minimize(Sum(Sqrt(x))));
        Refuse("Square(x)", () => ConvexProgram.Maximize(Sum(Square(x))));
        Refuse("Log(Square(x))", () => ConvexProgram.Maximize(Sum(Log(Square(x)))));
        Refuse("Square(x)", () => Square(x) >= 1);
        Refuse("Norm2(x)", () => Norm2(x).EqualTo(1));
        Refuse("x * x", () => x * x);
        Refuse("p * q", () => Dot(p * q, x));
        Refuse("Exp(p)", () => Exp(p) * x);
        Refuse("unknown", () => ConvexProgram.Minimize(Sum(p * Square(x))));
        Refuse("[2, 1]", () => x + new double[] { 1, 2, 3 });
        Refuse("[2, 1]", () => ConvexProgram.Minimize(x));
        Refuse("no variables", () => ConvexProgram.Minimize(1.0));
        Refuse("named 'x'", () => ConvexProgram.Minimize(Sum(x) + new Variable("x")));
        Refuse("named 'p'", () => ConvexProgram.Minimize(Dot(p, x) + new Variable("p")));
        Refuse("named 'x'", () => ConvexProgram.Minimize(Dot(new Parameter("x", 2), x)));
        Refuse("'x' of [65536, 65536]", () => new Variable("x", 1 << 16, 1 << 16));
        Refuse("'p' of [2147483647, 3]", () => new Parameter("p", int.MaxValue, 3));
        Refuse("[4000000000, 1]", () => Stack(new Variable("x", 2_000_000_000), new Variable("y", 2_000_000_000)));
        Refuse("constraints[1]", () => ConvexProgram.Minimize(Sum(x), x >= 0, null!));
        Refuse("parts[1]", () => Stack(x, null!));

        static void Refuse(string named, Func<object> build) => Assert.Contains(named, Assert.Throws<ArgumentException>(build).Message);
    }

    [TestMethod]
    public void Entries_that_there_are_not_are_named_with_what_there_is()
    {
        (Variable v, Variable matrix) = (new Variable("v", 3), new Variable("M", 2, 4));
        AssertRefused(() => v[3], "v has 3 entries, 0 to 2.");
        AssertRefused(() => v[-1], "v has 3 entries, 0 to 2.");
        AssertRefused(() => v.Slice(3, 1), "v has 3 entries, 0 to 2.");
        AssertRefused(() => v.Slice(1, 3), "From 1 on there are 2.");
        AssertRefused(() => v.Slice(1, 0), "From 1 on there are 2.");
        AssertRefused(() => matrix[2, 0], "M is [2, 4]: its rows are 0 to 1.");
        AssertRefused(() => matrix[0, 4], "M is [2, 4]: its columns are 0 to 3.");

        static void AssertRefused(Func<object> take, string message) => Assert.Contains(message, Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => take()).Message);
    }

    [TestMethod]
    public void Signs_let_functions_be_nested()
    {
        using DisposeScope scope = NewDisposeScope();
        var weight = new Parameter("weight", 2, sign: Sign.Nonnegative);
        var x = new Variable("x", 2);
        ConvexProgram program = ConvexProgram.Minimize(Sum(weight * Square(Abs(x) + 1)) + Square(Norm2(x)));
        Tensor found = program.Solve(new Dictionary<Parameter, Tensor> { [weight] = tensor(new[] { 1.0, 2 }) })[x];
        Assert.IsLessThanOrEqualTo(1e-7, found.abs().max().item<double>());
    }

    [TestMethod]
    public void Rows_without_a_solution_say_so()
    {
        using DisposeScope scope = NewDisposeScope();
        var limit = new Parameter("limit");
        var x = new Variable("x", sign: Sign.Nonnegative);
        ConvexProgram program = ConvexProgram.Minimize(x, x <= limit);
        Dictionary<Parameter, Tensor> values = new() { [limit] = tensor(new[] { 1.0, -1 }) };
        ProgramSolution solution = program.Solve(values, throwOnFailure: false);
        CollectionAssert.AreEqual(new[] { SolveStatus.Converged, SolveStatus.Infeasible }, solution.Status.ToArray());
        Assert.AreEqual(1, Assert.ThrowsExactly<SolveFailedException>(() => program.Solve(values)).Row);
        Assert.Contains("'limit' has no value", Assert.ThrowsExactly<ArgumentException>(() => program.Solve(new Dictionary<Parameter, Tensor>())).Message);
        Assert.Contains("'limit' has shape [1, 2]", Assert.ThrowsExactly<ArgumentException>(() => program.Solve(new Dictionary<Parameter, Tensor> { [limit] = zeros(1, 2) })).Message);
    }

    [TestMethod]
    public void A_vector_is_given_as_a_matrix_of_one_column_too()
    {
        using DisposeScope scope = NewDisposeScope();
        Parameter vector = new("vector", 3, 1), number = new("number", 1, 1);
        var x = new Variable("x", 3);
        ConvexProgram program = ConvexProgram.Minimize(SumSquares(x - vector) + (number * Sum(x)));
        Tensor values = tensor(new[] { 1.0, 2, 3, 4, 5, 6 }, [2, 3]), numbers = tensor(new[] { 0.5, -1 });
        double[] expected = program.Solve(new Dictionary<Parameter, Tensor> { [vector] = values, [number] = numbers })[x].ReadDoubles();
        double[] found = program.Solve(new Dictionary<Parameter, Tensor> { [vector] = values.unsqueeze(2), [number] = numbers.view(2, 1, 1) })[x].ReadDoubles();
        double[] first = program.Solve(new Dictionary<Parameter, Tensor> { [vector] = values[0].unsqueeze(1), [number] = numbers[0].view(1, 1) })[x].ReadDoubles();
        CollectionAssert.AreEqual(expected, found);
        CollectionAssert.AreEqual(expected[..3], first);
    }
}
