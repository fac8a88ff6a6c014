using Microsoft.ML.Implicit.Solvers.Conic.Blocks;
using Microsoft.ML.Implicit.Solvers.Conic.Systems;

namespace Microsoft.ML.Implicit.Solvers.Conic.Interior;

/// <summary>Whether a symmetric matrix has no negative eigenvalue, within the rounding of the numbers that it was given in.</summary>
/// <param name="order">Order of the matrix.</param>
/// <param name="pattern">Where it is stored, or null for everywhere.</param>
/// <param name="rounding">That rounding, beside the largest entry.</param>
internal sealed class ConvexityCheck(int order, SparseEntries? pattern, double rounding)
{
    private double[] _matrix = [];
    private SparseFactor? _factor;

    /// <param name="p">The matrix.</param>
    /// <param name="largest">Its largest entry.</param>
    public bool Holds(RowMatrix p, double largest) => largest == 0 || IsDiagonallyDominant(p) || (pattern is null ? HasFactor(p, rounding * largest) : HasFactor(p, pattern, rounding * largest));

    private bool IsDiagonallyDominant(RowMatrix p)
    {
        for (int i = 0; i < order; i++)
        {
            ReadOnlySpan<double> row = p.Row(i);
            double sum = 0;
            foreach (double value in row)
            {
                sum += Math.Abs(value);
            }

            if (!(2 * p.Diagonal(i) >= sum))
            {
                return false;
            }
        }

        return true;
    }

    private bool HasFactor(RowMatrix p, double shift)
    {
        if (_matrix.Length == 0)
        {
            _matrix = new double[order * order];
        }

        p.Values.CopyTo(_matrix, 0);
        for (int i = 0; i < order; i++)
        {
            _matrix[(i * order) + i] += shift;
        }

        return SmallMatrix.TryFactor(_matrix, order);
    }

    private bool HasFactor(RowMatrix p, SparseEntries entries, double shift)
    {
        List<(int Row, int Column)> above = [];
        List<double> values = [];
        double[] diagonal = new double[order];
        for (int i = 0; i < order; i++)
        {
            ReadOnlySpan<int> columns = entries.Row(i);
            diagonal[i] = p.Diagonal(i) + shift;
            for (int k = 0; k < columns.Length; k++)
            {
                if (columns[k] > i)
                {
                    above.Add((i, columns[k]));
                    values.Add(p.Row(i)[k]);
                }
            }
        }

        // A negative diagonal would pass for one of a quasidefinite matrix.
        _factor ??= new SparseFactor(new SymbolicFactorization(order, above));
        return Array.TrueForAll(diagonal, entry => entry > 0) && _factor.TryFactor([.. values], diagonal);
    }
}
