namespace Microsoft.ML.Implicit.Solvers.Conic.Systems;

/// <summary>LDLᵀ of a quasidefinite matrix, row by row of L (Davis, 2005, "Algorithm 849"): such a matrix has the factors in every order (Vanderbei, 1995).</summary>
internal sealed class SparseFactor
{
    private readonly SymbolicFactorization _symbolic;
    private readonly int[] _rows;
    private readonly double[] _values;
    private readonly double[] _pivots;
    private readonly int[] _filled;
    private readonly int[] _visited;
    private readonly int[] _path;
    private readonly int[] _reach;
    private readonly double[] _x;

    public SparseFactor(SymbolicFactorization symbolic)
    {
        _symbolic = symbolic;
        int n = symbolic.Order.Length;
        (_rows, _values) = (new int[symbolic.FactorStarts[n]], new double[symbolic.FactorStarts[n]]);
        (_pivots, _x) = (new double[n], new double[n]);
        (_filled, _visited, _path, _reach) = (new int[n], new int[n], new int[n], new int[n]);
    }

    /// <summary>Factors a matrix.</summary>
    /// <param name="entries">Those on one side of the diagonal, in the order in which they were analysed.</param>
    /// <param name="diagonal">The diagonal, whose signs the pivots have.</param>
    /// <returns>Whether rounding let the pivots have them.</returns>
    public bool TryFactor(ReadOnlySpan<double> entries, ReadOnlySpan<double> diagonal)
    {
        Array.Clear(_filled);
        Array.Fill(_visited, -1);
        Array.Clear(_x);
        for (int column = 0; column < _pivots.Length; column++)
        {
            int first = Reach(column, entries);
            double start = diagonal[_symbolic.Order[column]], pivot = start;
            for (int i = first; i < _reach.Length; i++)
            {
                int row = _reach[i];
                double x = _x[row];
                _x[row] = 0;
                int from = _symbolic.FactorStarts[row], end = from + _filled[row]++;
                for (int k = from; k < end; k++)
                {
                    _x[_rows[k]] -= _values[k] * x;
                }

                (_rows[end], _values[end]) = (column, x / _pivots[row]);
                pivot -= _values[end] * x;
            }

            if (!(pivot * start > 0) || !double.IsFinite(pivot))
            {
                return false;
            }

            _pivots[column] = pivot;
        }

        return true;
    }

    /// <summary>Replaces a right-hand side by the solution.</summary>
    public void Solve(Span<double> x)
    {
        int[] starts = _symbolic.FactorStarts, order = _symbolic.Order;
        for (int i = 0; i < _x.Length; i++)
        {
            _x[i] = x[order[i]];
        }

        for (int column = 0; column < _x.Length; column++)
        {
            for (int k = starts[column]; k < starts[column + 1]; k++)
            {
                _x[_rows[k]] -= _values[k] * _x[column];
            }
        }

        for (int column = _x.Length - 1; column >= 0; column--)
        {
            double sum = _x[column] / _pivots[column];
            for (int k = starts[column]; k < starts[column + 1]; k++)
            {
                sum -= _values[k] * _x[_rows[k]];
            }

            _x[column] = sum;
        }

        for (int i = 0; i < _x.Length; i++)
        {
            x[order[i]] = _x[i];
        }
    }

    // Scatters a column of the upper triangle, and finds which columns of L its row has entries in: all on the tree's paths from the column's rows, leaves first.
    private int Reach(int column, ReadOnlySpan<double> entries)
    {
        int top = _reach.Length;
        _visited[column] = column;
        for (int i = _symbolic.Starts[column]; i < _symbolic.Starts[column + 1]; i++)
        {
            int length = 0;
            _x[_symbolic.Rows[i]] += entries[_symbolic.Sources[i]];
            for (int row = _symbolic.Rows[i]; _visited[row] != column; row = _symbolic.Parents[row])
            {
                _path[length++] = row;
                _visited[row] = column;
            }

            while (length > 0)
            {
                _reach[--top] = _path[--length];
            }
        }

        return top;
    }
}
