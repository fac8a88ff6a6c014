using Microsoft.ML.Implicit.Solvers.Conic;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Tests.Solvers.Conic;

/// <summary>
/// A random program with a known answer, in units that differ by up to twelve orders of magnitude from variable to variable and row to row, beside limits up to 10¹⁸ times what matters: a vertex of a linear
/// program, the minimum of a quadratic one, either in a ball where it is asked for, or, of the same constraints, a contradiction or a fall without limit.
/// </summary>
/// <param name="Problem">The program.</param>
/// <param name="Least">Its least value.</param>
/// <param name="Terms">The magnitudes of the terms of the objective there, together.</param>
internal sealed record UnevenProgram(ConeProblem Problem, double Least, double Terms)
{
    public const int Variables = 4;

    private const int Active = 4;
    private const int Loose = 4;

    public static UnevenProgram WithSolution(int seed, bool isQuadratic, bool hasBall)
    {
        var random = new Random(seed);
        double[] solution = Normals(random, Variables), units = Units(random, Variables, 6), multipliers = [.. Normals(random, Active).Select(Math.Abs)];
        double[][] active = [.. Enumerable.Range(0, Active).Select(_ => Normals(random, Variables))], loose = [.. Enumerable.Range(0, Loose).Select(_ => Normals(random, Variables))];
        double[] square = isQuadratic ? [.. Normals(random, Variables).Select(Math.Abs)] : new double[Variables];

        // Stationarity: Px + q + Σ yᵢ aᵢ = 0, with aᵢx = bᵢ where yᵢ > 0.
        double[] costs = [.. Enumerable.Range(0, Variables).Select(j => -(square[j] * solution[j]) - Enumerable.Range(0, Active).Sum(i => multipliers[i] * active[i][j]))];
        double[][] rows = [.. active, .. loose];
        double[] sides = [.. rows.Select((row, i) => Dot(row, solution) + (i < Active ? 0 : Math.Pow(10, 18 * random.NextDouble())))];
        double quadratic = Enumerable.Range(0, Variables).Sum(j => 0.5 * square[j] * solution[j] * solution[j]);
        double terms = quadratic + Enumerable.Range(0, Variables).Sum(j => Math.Abs(costs[j] * solution[j]));
        return new UnevenProgram(Create(random, square, costs, rows, sides, units, hasBall), quadratic + Dot(costs, solution), terms);
    }

    /// <summary>aᵀx ≤ b and aᵀx ≥ b + gap, beside a limit.</summary>
    public static ConeProblem Contradiction(int seed, bool isQuadratic, bool hasBall)
    {
        var random = new Random(seed);
        double[] row = Normals(random, Variables), other = Normals(random, Variables);
        double side = random.NextDouble();
        return Create(
            random,
            isQuadratic ? [.. Normals(random, Variables).Select(Math.Abs)] : new double[Variables],
            Normals(random, Variables),
            [row, [.. row.Select(entry => -entry)], other],
            [side, -side - 1 - random.NextDouble(), Math.Pow(10, 18 * random.NextDouble())],
            Units(random, Variables, 6),
            hasBall);
    }

    /// <summary>Costs that fall along d, with aᵢd ≤ 0 in all rows.</summary>
    public static ConeProblem Fall(int seed)
    {
        var random = new Random(seed);
        double[] direction = Normals(random, Variables);
        double[][] rows = [.. Enumerable.Range(0, Active + Loose).Select(_ => Normals(random, Variables)).Select(row => Dot(row, direction) > 0 ? row.Select(entry => -entry).ToArray() : row)];
        double[] costs = Normals(random, Variables);
        costs = Dot(costs, direction) > 0 ? [.. costs.Select(cost => -cost)] : costs;
        return Create(random, new double[Variables], costs, rows, [.. rows.Select((_, i) => i < Active ? 1 : Math.Pow(10, 18 * random.NextDouble()))], Units(random, Variables, 6), hasBall: false);
    }

    private static double Dot(double[] x, double[] y) => x.Zip(y, (left, right) => left * right).Sum();

    // Variables x / u and rows times v.
    private static ConeProblem Create(Random random, double[] square, double[] costs, double[][] rows, double[] sides, double[] units, bool hasBall)
    {
        double[] rowUnits = Units(random, rows.Length, 6);
        int count = rows.Length + (hasBall ? Variables + 1 : 0);
        double[,] a = new double[count, Variables], p = new double[Variables, Variables];
        double[] b = new double[count];
        for (int j = 0; j < Variables; j++)
        {
            p[j, j] = square[j] * units[j] * units[j];
            for (int i = 0; i < rows.Length; i++)
            {
                a[i, j] = rows[i][j] * units[j] * rowUnits[i];
            }

            if (hasBall)
            {
                a[rows.Length + 1 + j, j] = -units[j];
            }
        }

        for (int i = 0; i < rows.Length; i++)
        {
            b[i] = sides[i] * rowUnits[i];
        }

        if (hasBall)
        {
            b[rows.Length] = Math.Pow(10, 2 + (16 * random.NextDouble()));
        }

        Cone[] cones = hasBall ? [Cone.Nonnegative(rows.Length), Cone.SecondOrder(Variables + 1)] : [Cone.Nonnegative(rows.Length)];
        return new ConeProblem(square.Any(entry => entry != 0) ? tensor(p) : null, tensor([.. costs.Select((cost, j) => cost * units[j])]), tensor(a), tensor(b), cones);
    }

    private static double[] Normals(Random random, int count) => [.. Enumerable.Range(0, count).Select(_ => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble()))];

    private static double[] Units(Random random, int count, double orders) => [.. Enumerable.Range(0, count).Select(_ => Math.Pow(10, orders * ((2 * random.NextDouble()) - 1)))];
}
