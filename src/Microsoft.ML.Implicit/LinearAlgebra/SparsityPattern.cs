using System.Collections.Immutable;

namespace Microsoft.ML.Implicit.LinearAlgebra;

/// <summary>
/// Which elements of a square matrix may differ from zero. The diagonal always may. It finds an order of the unknowns in which they
/// lie near the diagonal, and groups of rows that share no column, whose elements one product with the transposed matrix gives.
/// </summary>
public sealed class SparsityPattern
{
    private readonly int[][] _columns;

    /// <summary>Creates a pattern.</summary>
    /// <param name="columns">For each row the columns of its elements, in any order, from 0 to the number of rows - 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">A column lies outside of the matrix.</exception>
    public SparsityPattern(IReadOnlyList<IReadOnlyList<int>> columns)
    {
        ArgumentNullException.ThrowIfNull(columns);
        Width = columns.Count;
        foreach (int column in columns.SelectMany(row => row))
        {
            ArgumentOutOfRangeException.ThrowIfNegative(column, nameof(columns));
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(column, Width, nameof(columns));
        }

        _columns = [.. columns.Select((row, i) => row.Append(i).Distinct().Order().ToArray())];
        Order = [.. BandwidthReduction.Order(Neighbours())];
        int[] places = new int[Width];
        for (int place = 0; place < Width; place++)
        {
            places[Order[place]] = place;
        }

        Places = [.. places];
        Lower = Entries().Select(entry => places[entry.Row] - places[entry.Column]).Append(0).Max();
        Upper = Entries().Select(entry => places[entry.Column] - places[entry.Row]).Append(0).Max();
        Groups = [.. Group()];
    }

    /// <summary>Rows and columns.</summary>
    public int Width { get; }

    /// <summary>Diagonals below the main one in the order that was found.</summary>
    public int Lower { get; }

    /// <summary>Diagonals above the main one in the order that was found.</summary>
    public int Upper { get; }

    /// <summary>Products with the transposed matrix that give all its elements.</summary>
    public int ProductCount => Groups.Length;

    /// <summary>The unknowns in the order that was found.</summary>
    internal ImmutableArray<int> Order { get; }

    /// <summary>The place of each unknown in the order.</summary>
    internal ImmutableArray<int> Places { get; }

    /// <summary>Groups of rows no two of which have an element in one column.</summary>
    internal ImmutableArray<int[]> Groups { get; }

    /// <summary>Columns of a row's elements, ascending.</summary>
    internal ReadOnlySpan<int> Columns(int row) => _columns[row];

    private IEnumerable<(int Row, int Column)> Entries() => _columns.SelectMany((columns, row) => columns.Select(column => (row, column)));

    private int[][] Neighbours()
    {
        HashSet<int>[] neighbours = [.. _columns.Select(_ => new HashSet<int>())];
        foreach ((int row, int column) in Entries().Where(entry => entry.Row != entry.Column))
        {
            neighbours[row].Add(column);
            neighbours[column].Add(row);
        }

        return [.. neighbours.Select(set => set.Order().ToArray())];
    }

    // Curtis, Powell and Reid, "On the estimation of sparse Jacobian matrices", 1974: each row joins the first group that it fits in.
    private List<int[]> Group()
    {
        var groups = new List<(List<int> Rows, bool[] Taken)>();
        for (int row = 0; row < Width; row++)
        {
            int[] columns = _columns[row];
            int group = groups.FindIndex(candidate => Array.TrueForAll(columns, column => !candidate.Taken[column]));
            if (group < 0)
            {
                group = groups.Count;
                groups.Add(([], new bool[Width]));
            }

            groups[group].Rows.Add(row);
            Array.ForEach(columns, column => groups[group].Taken[column] = true);
        }

        return [.. groups.Select(group => group.Rows.ToArray())];
    }
}
