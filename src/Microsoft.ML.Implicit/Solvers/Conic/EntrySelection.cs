using Microsoft.ML.Implicit.Native;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Conic;

/// <summary>Some rows and columns of a matrix that is given by its entries.</summary>
internal sealed class EntrySelection
{
    private readonly long[] _places;

    /// <param name="entries">The entries of the matrix.</param>
    /// <param name="rows">The rows, ascending.</param>
    /// <param name="columns">The columns, ascending.</param>
    public EntrySelection(SparseEntries entries, IReadOnlyList<long> rows, IReadOnlyList<long> columns)
    {
        Dictionary<long, int> places = columns.Select((column, i) => (column, i)).ToDictionary(pair => pair.column, pair => pair.i);
        List<int> starts = [0], indices = [];
        List<long> selected = [];
        foreach (int row in rows)
        {
            for (int entry = entries.RowStarts[row]; entry < entries.RowStarts[row + 1]; entry++)
            {
                if (places.TryGetValue(entries.ColumnIndices[entry], out int column))
                {
                    indices.Add(column);
                    selected.Add(entry);
                }
            }

            starts.Add(indices.Count);
        }

        (Entries, _places) = (new SparseEntries(columns.Count, starts, indices), [.. selected]);
    }

    /// <summary>The entries of the part.</summary>
    public SparseEntries Entries { get; }

    /// <summary>Their values, of those of the matrix.</summary>
    public Tensor Values(Tensor values) => values.index_select(-1, NativeTensor.Of(_places, [_places.Length], values.device));

    /// <summary>The product of the part with x of [batch, columns], [batch, rows].</summary>
    /// <param name="values">Values of the whole matrix.</param>
    /// <param name="x">What it is multiplied with.</param>
    public Tensor Multiply(Tensor values, Tensor x) => SparseProduct.Multiply(Entries, Values(values), x);
}
