namespace Microsoft.ML.Implicit.Solvers.Conic.Systems;

/// <summary>
/// What the factorisation LDLᵀ of a symmetric matrix depends on besides its numbers: the order of elimination, the elimination tree and the size of each column of L (Davis, 2006,
/// "Direct methods for sparse linear systems", chapters 4 and 7). Shared by all matrices of a pattern.
/// </summary>
internal sealed class SymbolicFactorization
{
    /// <summary>Analyses a pattern.</summary>
    /// <param name="order">Rows of the matrix.</param>
    /// <param name="entries">The entries on one side of the diagonal.</param>
    /// <param name="later">How many of the first rows are eliminated after all others.</param>
    public SymbolicFactorization(int order, IReadOnlyList<(int Row, int Column)> entries, int later = 0)
    {
        Order = MinimumDegree.Order(Neighbours(order, entries), later);
        Places = new int[order];
        for (int i = 0; i < order; i++)
        {
            Places[Order[i]] = i;
        }

        (Starts, Sources, Rows) = ToColumns(entries);
        (Parents, Sizes) = Analyse();
        FactorStarts = new int[order + 1];
        for (int i = 0; i < order; i++)
        {
            FactorStarts[i + 1] = checked(FactorStarts[i] + Sizes[i]);
            Operations += (long)Sizes[i] * Sizes[i];
        }
    }

    /// <summary>The rows in the order of their elimination.</summary>
    public int[] Order { get; }

    /// <summary>Where each row stands in it.</summary>
    public int[] Places { get; }

    /// <summary>Where each column of the upper triangle of the ordered matrix begins among its entries.</summary>
    public int[] Starts { get; }

    /// <summary>The row of each of these entries.</summary>
    public int[] Rows { get; }

    /// <summary>Which of the given entries each of them is.</summary>
    public int[] Sources { get; }

    /// <summary>The elimination tree: of each column the next that depends on it, or −1.</summary>
    public int[] Parents { get; }

    /// <summary>Entries of each column of L below the diagonal.</summary>
    public int[] Sizes { get; }

    /// <summary>Where they begin.</summary>
    public int[] FactorStarts { get; }

    /// <summary>Multiplications of a factorisation.</summary>
    public long Operations { get; }

    private static HashSet<int>[] Neighbours(int order, IReadOnlyList<(int Row, int Column)> entries)
    {
        HashSet<int>[] neighbours = [.. Enumerable.Range(0, order).Select(_ => new HashSet<int>())];
        foreach ((int row, int column) in entries)
        {
            neighbours[row].Add(column);
            neighbours[column].Add(row);
        }

        return neighbours;
    }

    private (int[] Starts, int[] Sources, int[] Rows) ToColumns(IReadOnlyList<(int Row, int Column)> entries)
    {
        int[] columns = [.. entries.Select(entry => Math.Max(Places[entry.Row], Places[entry.Column]))];
        int[] starts = new int[Order.Length + 1];
        foreach (int column in columns)
        {
            starts[column + 1]++;
        }

        for (int i = 0; i < Order.Length; i++)
        {
            starts[i + 1] += starts[i];
        }

        int[] next = [.. starts], sources = new int[columns.Length], rows = new int[columns.Length];
        for (int i = 0; i < columns.Length; i++)
        {
            int place = next[columns[i]]++;
            (sources[place], rows[place]) = (i, Math.Min(Places[entries[i].Row], Places[entries[i].Column]));
        }

        return (starts, sources, rows);
    }

    private (int[] Parents, int[] Sizes) Analyse()
    {
        int[] parents = new int[Order.Length], sizes = new int[Order.Length], visited = new int[Order.Length];
        for (int column = 0; column < Order.Length; column++)
        {
            (parents[column], visited[column]) = (-1, column);
            for (int i = Starts[column]; i < Starts[column + 1]; i++)
            {
                for (int row = Rows[i]; visited[row] != column; row = parents[row])
                {
                    parents[row] = parents[row] < 0 ? column : parents[row];
                    sizes[row]++;
                    visited[row] = column;
                }
            }
        }

        return (parents, sizes);
    }
}
