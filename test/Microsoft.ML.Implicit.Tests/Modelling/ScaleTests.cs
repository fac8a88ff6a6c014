using Microsoft.ML.Implicit.Modelling;
using Microsoft.ML.Implicit.Solvers;
using Microsoft.ML.Implicit.Solvers.Conic;
using TorchSharp;
using static Microsoft.ML.Implicit.Modelling.Functions;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Tests.Modelling;

/// <summary>Random programs with known optima, whose limits, penalties, costs and radii are of random orders of magnitude.</summary>
[TestClass]
public sealed class ScaleTests
{
    private const int Programs = 60;

    [TestMethod]
    public void A_limit_that_does_not_bind_changes_nothing() => ForEach(random =>
    {
        int n = random.Next(2, 6);
        double limit = Magnitude(random, 2, 12);
        double[] q = Numbers(n, () => 0.5 + random.NextDouble());
        var w = new Variable("w", n, sign: Sign.Nonnegative);

        // Beside an entropy a norm of 10¹⁰ and more, of which no row says that it is small, ends rows at their most iterations.
        int kind = random.Next(5);
        Constraint binding = Sum(w) <= 1, loose = random.Next(kind == 4 ? 2 : 3) switch { 0 => w <= limit, 1 => Sum(w) <= limit, _ => Norm2(w) <= limit };
        (string name, ConvexProgram program, double[] expected) = kind switch
        {
            0 => ("log", ConvexProgram.Maximize(Dot(q, Log(w)), binding, loose), Array.ConvertAll(q, value => value / q.Sum())),
            1 => ("log with costs", ConvexProgram.Maximize(Sum(Log(w)) - Dot(q, w), loose), Array.ConvertAll(q, value => 1 / value)),
            2 => ("log(1 + w)", ConvexProgram.Maximize(Sum(Log(1 + w)), binding, loose), Array.ConvertAll(q, _ => 1.0 / n)),
            3 => ("log in a ball", ConvexProgram.Maximize(Sum(Log(w)), Norm2(w) <= 1, loose), Array.ConvertAll(q, _ => 1 / Math.Sqrt(n))),
            _ => ("entropy", ConvexProgram.Maximize(Sum(Entropy(w)) + Dot(q, w), loose), Array.ConvertAll(q, value => Math.Exp(value - 1))),
        };
        ProgramSolution solution = Solve(program, ConeMethod.InteriorPoint);
        double error = Values(solution[w]).Zip(expected, (a, e) => Math.Abs(a - e)).Max();
        return error < 1e-6 ? null : $"{name}, limit {limit:g2}: {solution.Status[0]}, {error:g2} off";
    });

    [TestMethod]
    public void A_penalty_that_stands_for_a_constraint_keeps_its_optimum() => ForEach(random =>
    {
        int n = random.Next(2, 6);
        double penalty = Magnitude(random, 3, 20), total = 0.5 + (4 * random.NextDouble());
        var z = new Variable("z", n);
        ProgramSolution solution = Solve(ConvexProgram.Minimize(SumSquares(z) + (penalty * Positive(total - Sum(z)))), ConeMethod.InteriorPoint);
        double error = Values(solution[z]).Max(value => Math.Abs(value - (total / n)));
        return error < 1e-4 ? null : $"penalty {penalty:g2}: {solution.Status[0]}, {error:g2} off";
    });

    // Differences of multipliers as large as the penalty decide, of which rounding leaves nothing in the end: rows may stay unsolved, but must not be called converged.
    [TestMethod]
    [DataRow(ConeMethod.InteriorPoint)]
    [DataRow(ConeMethod.OperatorSplitting)]
    public void What_is_called_converged_beside_a_penalty_is_the_optimum(ConeMethod method) => ForEach(random =>
    {
        double penalty = Magnitude(random, 6, 20);
        double[] target = Numbers(3, () => 4 * random.NextDouble());
        double total = target.Sum() - 1 - random.NextDouble();
        var z = new Variable("z", 3);
        (Expression miss, double expected) = random.Next(2) == 0
            ? (SumSquares(z - target) + (penalty * Abs(Sum(z) - total)), Math.Pow(target.Sum() - total, 2) / 3)
            : (SumSquares(z) + (penalty * Positive(total - Sum(z))), total > 0 ? total * total / 3 : 0);
        ProgramSolution solution = Solve(ConvexProgram.Minimize(miss), method);
        double error = Math.Abs(solution.Objective.item<double>() - expected) / Math.Max(expected, target.Sum(value => value * value));
        return solution.Status[0] != SolveStatus.Converged || error < 1e-5 ? null : $"penalty {penalty:g2}: {error:g2} off";
    }, method == ConeMethod.InteriorPoint ? Programs : 6);

    [TestMethod]
    [DataRow(ConeMethod.InteriorPoint)]
    [DataRow(ConeMethod.OperatorSplitting)]
    public void Linear_costs_of_any_size_are_least_on_a_ball_of_any_radius(ConeMethod method) => ForEach(random =>
    {
        int n = random.Next(2, 9);
        double size = Magnitude(random, -6, 8), radius = Magnitude(random, -6, 8);
        double[] q = Numbers(n, () => size * (random.NextDouble() - 0.5));
        var x = new Variable("x", n, sign: random.Next(2) == 0 ? Sign.Unknown : Sign.Nonnegative);
        double[] useful = x.Sign == Sign.Unknown ? q : Array.ConvertAll(q, value => Math.Min(value, 0));
        ProgramSolution solution = Solve(ConvexProgram.Minimize(Dot(q, x), Norm2(x) <= radius), method);
        double expected = -radius * Math.Sqrt(useful.Sum(value => value * value)), error = Math.Abs((solution.Objective.item<double>() - expected) / Math.Max(-expected, radius * size * 1e-3));
        return error < 1e-5 ? null : $"{x.Sign}, {n} costs of {size:g2}, radius {radius:g2}: {solution.Status[0]}, {error:g2} off";
    });

    [TestMethod]
    public void Budgets_and_demands_have_any_unit() => ForEach(random =>
    {
        int n = random.Next(2, 7);
        double unit = Magnitude(random, -6, 8), price = Magnitude(random, -3, 6);
        double[] q = Numbers(n, () => price * (0.1 + random.NextDouble()));
        var x = new Variable("x", n, sign: Sign.Nonnegative);
        Expression[] costs = [-Dot(q, Sqrt(x)), Dot(q, x) + (price * Norm2(x)), Dot(q, x) + (price * Norm1(x - unit))];
        Constraint[] sides = [Sum(x) <= unit, Sum(x) >= unit, Sum(x) >= unit];
        int kind = random.Next(3);
        double least = kind == 0 ? -Math.Sqrt(unit * q.Sum(value => value * value)) : Friendly() * unit;
        ProgramSolution solution = Solve(ConvexProgram.Minimize(costs[kind], sides[kind]), ConeMethod.InteriorPoint);
        double error = Math.Abs((solution.Objective.item<double>() - least) / least);
        return error < 1e-6 ? null : $"kind {kind}, unit {unit:g2}, prices of {price:g2}: {solution.Status[0]}, {error:g2} off";

        double Friendly()
        {
            double[] prices = Array.ConvertAll(q, value => value / price);
            Expression cost = Dot(prices, x) + (kind == 1 ? Norm2(x) : Norm1(x - 1));
            return price * Solve(ConvexProgram.Minimize(cost, Sum(x) >= 1), ConeMethod.InteriorPoint).Objective.item<double>();
        }
    });

    [TestMethod]
    public void Splitting_solves_ordinary_portfolios() => ForEach(random =>
    {
        double[] returns = Numbers(10, () => 0.05 + (0.05 * ((6 * random.NextDouble()) - 3)));
        var x = new Variable("x", 10, sign: Sign.Nonnegative);
        ConvexProgram program = ConvexProgram.Maximize(Dot(returns, x), Sum(x) <= 1, Norm2(x) <= 0.5);
        ProgramSolution split = Solve(program, ConeMethod.OperatorSplitting);
        double error = Math.Abs(split.Objective.item<double>() - Solve(program, ConeMethod.InteriorPoint).Objective.item<double>());
        return error < 1e-5 ? null : $"{string.Join(" ", returns)}: {split.Status[0]}, {error:g2} off";
    });

    private static void ForEach(Func<Random, string?> check, int count = Programs)
    {
        List<string> failures = [];
        for (int seed = 0; seed < count; seed++)
        {
            using DisposeScope scope = NewDisposeScope();
            if (check(new Random(seed)) is { } failure)
            {
                failures.Add($"{seed}: {failure}");
            }
        }

        Assert.IsEmpty(failures, string.Join(Environment.NewLine, failures));
    }

    private static ProgramSolution Solve(ConvexProgram program, ConeMethod method) =>
        program.Solve(new Dictionary<Parameter, Tensor>(), new ConeOptions { Method = method, Tolerance = method == ConeMethod.InteriorPoint ? 1e-10 : 1e-6 }, throwOnFailure: false);

    private static double Magnitude(Random random, double least, double most) => Math.Pow(10, least + ((most - least) * random.NextDouble()));

    private static double[] Numbers(int count, Func<double> next) => [.. Enumerable.Range(0, count).Select(_ => next())];

    private static double[] Values(Tensor tensor) => [.. tensor.reshape(-1).data<double>()];
}
