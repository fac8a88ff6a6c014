using Microsoft.ML.Implicit.Solvers.Conic;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Tests.Solvers.Conic;

/// <summary>
/// A random program with a known answer, in units that differ by up to twelve orders of magnitude from variable to variable and row to row, beside limits up to 10¹⁸ times what matters: a vertex of a linear
/// program, the minimum of a quadratic one, either in a ball where it is asked for, or, of the same constraints, a contradiction or a fall without limit.
/// </summary>
internal sealed class UnevenProgram
{
    public const int Variables = 4;

    private const int Active = 4;
    private const int Loose = 4;

    private readonly Random _random;

    private UnevenProgram(int seed) => _random = new Random(seed);

    public required ConeProblem Problem { get; init; }

    /// <summary>Its least value.</summary>
    public double Least { get; init; }

    /// <summary>The magnitudes of the terms of the objective there, together.</summary>
    public double Terms { get; init; }

    public static UnevenProgram WithSolution(int seed, bool isQuadratic, bool hasBall)
    {
        var draw = new UnevenProgram(seed) { Problem = null! };
        double[] solution = draw.Normals(Variables), units = draw.Units(Variables, 6), multipliers = [.. draw.Normals(Active).Select(Math.Abs)];
        double[][] active = [.. Enumerable.Range(0, Active).Select(_ => draw.Normals(Variables))], loose = [.. Enumerable.Range(0, Loose).Select(_ => draw.Normals(Variables))];
        double[] square = isQuadratic ? [.. draw.Normals(Variables).Select(Math.Abs)] : new double[Variables];

        // Stationarity: Px + q + Σ yᵢ aᵢ = 0, with aᵢx = bᵢ where yᵢ > 0.
        double[] costs = [.. Enumerable.Range(0, Variables).Select(j => -(square[j] * solution[j]) - Enumerable.Range(0, Active).Sum(i => multipliers[i] * active[i][j]))];
        double[][] rows = [.. active, .. loose];
        double[] sides = [.. rows.Select((row, i) => Dot(row, solution) + (i < Active ? 0 : Math.Pow(10, 18 * draw._random.NextDouble())))];
        double quadratic = Enumerable.Range(0, Variables).Sum(j => 0.5 * square[j] * solution[j] * solution[j]);
        return new UnevenProgram(seed)
        {
            Problem = draw.Create(square, costs, rows, sides, units, hasBall),
            Least = quadratic + Dot(costs, solution),
            Terms = quadratic + Enumerable.Range(0, Variables).Sum(j => Math.Abs(costs[j] * solution[j])),
        };
    }

    /// <summary>aᵀx ≤ b and aᵀx ≥ b + gap, beside a limit.</summary>
    public static ConeProblem Contradiction(int seed, bool isQuadratic, bool hasBall)
    {
        var draw = new UnevenProgram(seed) { Problem = null! };
        double[] row = draw.Normals(Variables), other = draw.Normals(Variables);
        double side = draw._random.NextDouble();
        return draw.Create(
            isQuadratic ? [.. draw.Normals(Variables).Select(Math.Abs)] : new double[Variables],
            draw.Normals(Variables),
            [row, [.. row.Select(entry => -entry)], other],
            [side, -side - 1 - draw._random.NextDouble(), Math.Pow(10, 18 * draw._random.NextDouble())],
            draw.Units(Variables, 6),
            hasBall);
    }

    /// <summary>Costs that fall along d, with aᵢd ≤ 0 in all rows.</summary>
    public static ConeProblem Fall(int seed)
    {
        var draw = new UnevenProgram(seed) { Problem = null! };
        double[] direction = draw.Normals(Variables);
        double[][] rows = [.. Enumerable.Range(0, Active + Loose).Select(_ => draw.Normals(Variables)).Select(row => Dot(row, direction) > 0 ? row.Select(entry => -entry).ToArray() : row)];
        double[] costs = draw.Normals(Variables);
        costs = Dot(costs, direction) > 0 ? [.. costs.Select(cost => -cost)] : costs;
        return draw.Create(new double[Variables], costs, rows, [.. rows.Select((_, i) => i < Active ? 1 : Math.Pow(10, 18 * draw._random.NextDouble()))], draw.Units(Variables, 6), hasBall: false);
    }

    private static double Dot(double[] x, double[] y) => x.Zip(y, (left, right) => left * right).Sum();

    // Variables x / u and rows times v.
    private ConeProblem Create(double[] square, double[] costs, double[][] rows, double[] sides, double[] units, bool hasBall)
    {
        double[] rowUnits = Units(rows.Length, 6);
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
            b[rows.Length] = Math.Pow(10, 2 + (16 * _random.NextDouble()));
        }

        Cone[] cones = hasBall ? [Cone.Nonnegative(rows.Length), Cone.SecondOrder(Variables + 1)] : [Cone.Nonnegative(rows.Length)];
        return new ConeProblem(square.Any(entry => entry != 0) ? tensor(p) : null, tensor([.. costs.Select((cost, j) => cost * units[j])]), tensor(a), tensor(b), cones);
    }

    private double[] Normals(int count) => [.. Enumerable.Range(0, count).Select(_ => Math.Sqrt(-2 * Math.Log(1 - _random.NextDouble())) * Math.Cos(2 * Math.PI * _random.NextDouble()))];

    private double[] Units(int count, double orders) => [.. Enumerable.Range(0, count).Select(_ => Math.Pow(10, orders * ((2 * _random.NextDouble()) - 1)))];
}
