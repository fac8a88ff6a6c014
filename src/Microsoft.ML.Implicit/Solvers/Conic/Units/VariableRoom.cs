using Microsoft.ML.Implicit.Solvers.Conic.Blocks;
using Microsoft.ML.Implicit.Solvers.Conic.Systems;

namespace Microsoft.ML.Implicit.Solvers.Conic.Units;

/// <summary>How large each variable can be, by constraints that bound it on both sides, alone or with what others leave: in a larger unit what it may be would be rounding.</summary>
/// <param name="variables">Number of variables.</param>
/// <param name="blocks">The cones.</param>
internal sealed class VariableRoom(int variables, ConeBlock[] blocks)
{
    // Rows with several variables, by what is known of these.
    private const int Passes = 2;

    private readonly VariableBounds _all = new(variables);
    private readonly List<(int Row, int Variable)> _rows = [];

    /// <summary>The rows that have one variable, and which.</summary>
    public IReadOnlyList<(int Row, int Variable)> Rows => _rows;

    /// <summary>The bounds that these rows are.</summary>
    public VariableBounds Stated { get; } = new(variables);

    /// <summary>Takes the constraints of a program.</summary>
    public void Take(RowMatrix a, ReadOnlySpan<double> b)
    {
        Stated.Reset();
        _rows.Clear();
        foreach (ConeBlock block in blocks.Where(block => block is ZeroBlock or NonnegativeBlock))
        {
            for (int i = block.Start; i < block.Start + block.Dimension; i++)
            {
                TakeBound(a, i, b[i], block is ZeroBlock);
            }
        }

        _all.Take(Stated);
        for (int pass = 0; pass < Passes; pass++)
        {
            foreach (ConeBlock block in blocks.Where(block => block is ZeroBlock or NonnegativeBlock))
            {
                for (int i = block.Start; i < block.Start + block.Dimension; i++)
                {
                    _all.Tighten(a.Row(i), a.ColumnsOf(i), b[i], 1);
                    if (block is ZeroBlock)
                    {
                        _all.Tighten(a.Row(i), a.ColumnsOf(i), -b[i], -1);
                    }
                }
            }
        }
    }

    /// <summary>The largest magnitude that a variable may have: infinite where it has no bound on a side, zero where it is to be zero.</summary>
    public double Largest(int variable) => _all.Largest(variable);

    private void TakeBound(RowMatrix a, int i, double side, bool isEquality)
    {
        ReadOnlySpan<double> row = a.Row(i);
        int entry = row.IndexOfAnyExcept(0);
        if (entry < 0 || row[(entry + 1)..].ContainsAnyExcept(0))
        {
            return;
        }

        int variable = VariableBounds.Variable(a.ColumnsOf(i), entry);
        _rows.Add((i, variable));
        Stated.Bound(variable, row[entry], side);
        if (isEquality)
        {
            Stated.Bound(variable, -row[entry], -side);
        }
    }
}
