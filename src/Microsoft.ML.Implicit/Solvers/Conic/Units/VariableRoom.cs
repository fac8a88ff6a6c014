using Microsoft.ML.Implicit.Solvers.Conic.Blocks;
using Microsoft.ML.Implicit.Solvers.Conic.Systems;

namespace Microsoft.ML.Implicit.Solvers.Conic.Units;

/// <summary>How large each variable can be where constraints on it alone bound it on both sides: in a larger unit what it may be would be rounding.</summary>
/// <param name="variables">Number of variables.</param>
/// <param name="blocks">The cones.</param>
internal sealed class VariableRoom(int variables, ConeBlock[] blocks)
{
    private readonly double[] _lower = new double[variables];
    private readonly double[] _upper = new double[variables];
    private readonly List<(int Row, int Variable)> _bounds = [];

    /// <summary>The rows that bound a variable, and which.</summary>
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
                ReadOnlySpan<double> row = a.Row(i);
                int entry = row.IndexOfAnyExcept(0);
                if (entry < 0 || row[(entry + 1)..].ContainsAnyExcept(0))
                {
                    continue;
                }

                int variable = a.ColumnsOf(i) is { Length: > 0 } columns ? columns[entry] : entry;
                Bound(variable, row[entry], b[i] / row[entry], block is ZeroBlock);
                _bounds.Add((i, variable));
            }
        }
    }

    /// <summary>The largest magnitude that a variable may have: infinite where it has no bound on a side, zero where it is to be zero.</summary>
    public double Largest(int variable) => Math.Max(Math.Abs(_lower[variable]), Math.Abs(_upper[variable]));

    private void Bound(int variable, double coefficient, double value, bool isEquality)
    {
        if (isEquality || coefficient > 0)
        {
            _upper[variable] = Math.Min(_upper[variable], value);
        }

        if (isEquality || coefficient < 0)
        {
            _lower[variable] = Math.Max(_lower[variable], value);
        }
    }
}
