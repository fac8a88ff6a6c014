using Microsoft.ML.Implicit.Solvers.Conic.Blocks;
using Microsoft.ML.Implicit.Solvers.Conic.Systems;

namespace Microsoft.ML.Implicit.Solvers.Conic.Units;

/// <summary>
/// How large each variable can be, by constraints that bound it on both sides, alone or with what others leave (as activities of rows tell; Savelsbergh, 1994): in a larger unit what it may be would be
/// rounding.
/// </summary>
/// <param name="variables">Number of variables.</param>
/// <param name="blocks">The cones.</param>
internal sealed class VariableRoom(int variables, ConeBlock[] blocks)
{
    // Rows with several variables, by what is known of these.
    private const int Passes = 2;

    private readonly double[] _lower = new double[variables];
    private readonly double[] _upper = new double[variables];
    private readonly List<(int Row, int Variable)> _bounds = [];

    /// <summary>The rows that have one variable, and which.</summary>
    public IReadOnlyList<(int Row, int Variable)> Bounds => _bounds;

    /// <summary>Takes the constraints of a program.</summary>
    public void Take(RowMatrix a, ReadOnlySpan<double> b)
    {
        Array.Fill(_lower, double.NegativeInfinity);
        Array.Fill(_upper, double.PositiveInfinity);
        _bounds.Clear();
        foreach (ConeBlock block in blocks.Where(block => block is ZeroBlock or NonnegativeBlock))
        {
            for (int i = block.Start; i < block.Start + block.Dimension; i++)
            {
                TakeBound(a, i, b[i], block is ZeroBlock);
            }
        }

        for (int pass = 0; pass < Passes; pass++)
        {
            foreach (ConeBlock block in blocks.Where(block => block is ZeroBlock or NonnegativeBlock))
            {
                for (int i = block.Start; i < block.Start + block.Dimension; i++)
                {
                    Tighten(a.Row(i), a.ColumnsOf(i), b[i], 1);
                    if (block is ZeroBlock)
                    {
                        Tighten(a.Row(i), a.ColumnsOf(i), -b[i], -1);
                    }
                }
            }
        }
    }

    /// <summary>The largest magnitude that a variable may have: infinite where it has no bound on a side, zero where it is to be zero.</summary>
    public double Largest(int variable) => Math.Max(Math.Abs(_lower[variable]), Math.Abs(_upper[variable]));

    private void TakeBound(RowMatrix a, int i, double side, bool isEquality)
    {
        ReadOnlySpan<double> row = a.Row(i);
        int entry = row.IndexOfAnyExcept(0);
        if (entry < 0 || row[(entry + 1)..].ContainsAnyExcept(0))
        {
            return;
        }

        int variable = Variable(a.ColumnsOf(i), entry);
        _bounds.Add((i, variable));
        Bound(variable, row[entry], side);
        if (isEquality)
        {
            Bound(variable, -row[entry], -side);
        }
    }

    // Of sign · row ≤ side: a term can be what the least of the others leaves.
    private void Tighten(ReadOnlySpan<double> row, ReadOnlySpan<int> columns, double side, double sign)
    {
        double least = 0;
        int unbounded = 0, last = -1;
        for (int k = 0; k < row.Length; k++)
        {
            double term = Least(sign * row[k], Variable(columns, k));
            if (double.IsInfinity(term))
            {
                unbounded++;
                last = k;
            }
            else
            {
                least += term;
            }
        }

        if (unbounded == 1)
        {
            Bound(Variable(columns, last), sign * row[last], side - least);
        }

        for (int k = 0; unbounded == 0 && k < row.Length; k++)
        {
            if (row[k] != 0)
            {
                int variable = Variable(columns, k);
                Bound(variable, sign * row[k], side - (least - Least(sign * row[k], variable)));
            }
        }
    }

    private double Least(double coefficient, int variable) => coefficient > 0 ? coefficient * _lower[variable] : coefficient < 0 ? coefficient * _upper[variable] : 0;

    private static int Variable(ReadOnlySpan<int> columns, int entry) => columns.IsEmpty ? entry : columns[entry];

    // Of coefficient · variable ≤ side.
    private void Bound(int variable, double coefficient, double side)
    {
        double value = side / coefficient;
        if (coefficient > 0)
        {
            _upper[variable] = Math.Min(_upper[variable], value);
        }
        else
        {
            _lower[variable] = Math.Max(_lower[variable], value);
        }
    }
}
