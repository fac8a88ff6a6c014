namespace Microsoft.ML.Implicit.Solvers.Conic.Interior;

/// <summary>Copies matrices from the entries that they are given by to those that they are stored by; without a pattern these are all, row by row.</summary>
internal sealed class EntryPlacement
{
    // Of each stored entry the given one, or −1; null where both are the same.
    private readonly int[]? _sources;
    private readonly int[]? _mirrored;

    /// <param name="rows">Rows of the matrix.</param>
    /// <param name="columns">Its columns.</param>
    /// <param name="given">Where entries are given.</param>
    /// <param name="stored">Where entries are stored: at least where there are some.</param>
    /// <param name="isSymmetric">Whether the symmetric part is what counts.</param>
    public EntryPlacement(int rows, int columns, SparseEntries? given, SparseEntries? stored, bool isSymmetric)
    {
        _sources = isSymmetric || given is not null || stored is not null ? Sources(isTransposed: false) : null;
        _mirrored = isSymmetric ? Sources(isTransposed: true) : null;

        int[] Sources(bool isTransposed)
        {
            int[] sources = new int[stored?.Count ?? checked(rows * columns)];
            for (int i = 0, next = 0; i < rows; i++)
            {
                int count = stored is null ? columns : stored.Row(i).Length;
                for (int k = 0; k < count; k++, next++)
                {
                    int column = stored is null ? k : stored.Row(i)[k];
                    (int from, int to) = isTransposed ? (column, i) : (i, column);
                    sources[next] = given is null ? checked((from * columns) + to) : given.Find(from, to);
                }
            }

            return sources;
        }
    }

    public void Copy(ReadOnlySpan<double> given, Span<double> stored)
    {
        if (_sources is null)
        {
            given.CopyTo(stored);
            return;
        }

        for (int i = 0; i < stored.Length; i++)
        {
            double value = _sources[i] < 0 ? 0 : given[_sources[i]];
            stored[i] = _mirrored is null ? value : (value / 2) + (_mirrored[i] < 0 ? 0 : given[_mirrored[i]] / 2);
        }
    }
}
