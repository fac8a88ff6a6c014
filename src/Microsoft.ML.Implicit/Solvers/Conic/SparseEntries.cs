using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Solvers.Conic.Systems;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Conic;

/// <summary>
/// Where a matrix of a <see cref="ConeProblem"/> has entries, as compressed sparse rows. One object serves for all problems with entries in the same places: it keeps the last analysis
/// of how these are factored. Safe to use from several threads at once.
/// </summary>
/// <example><code>
/// // Least ½ ‖x‖² − cᵀx with x₀ ≤ x₁ and x₁ ≤ x₂.
/// var diagonal = new SparseEntries(3, [0, 1, 2, 3], [0, 1, 2]);
/// var steps = new SparseEntries(3, [0, 2, 4], [0, 1, 1, 2]);
/// Tensor values = tensor(new[] { 1.0, -1.0, 1.0, -1.0 });
/// var problem = new ConeProblem(ones(3, ScalarType.Float64), c.neg(), values, zeros(2, ScalarType.Float64), [Cone.Nonnegative(2)], diagonal, steps);
/// Tensor ascending = new ConeSolver().Solve(problem).X;
/// </code></example>
public sealed class SparseEntries : IEquatable<SparseEntries>
{
    /// <summary>Creates a pattern.</summary>
    /// <param name="columns">Number of columns.</param>
    /// <param name="rowStarts">Where each row begins among the entries, and their number.</param>
    /// <param name="columnIndices">The column of each entry, ascending in each row.</param>
    /// <exception cref="ArgumentException">Row starts do not ascend from 0 to the number of entries, or the columns of a row do not ascend from 0 to the number of columns − 1.</exception>
    public SparseEntries(int columns, IReadOnlyList<int> rowStarts, IReadOnlyList<int> columnIndices)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(columns);
        ArgumentNullException.ThrowIfNull(rowStarts);
        ArgumentNullException.ThrowIfNull(columnIndices);
        (Columns, RowStarts, ColumnIndices) = (columns, [.. rowStarts], [.. columnIndices]);
        if (RowStarts.Length == 0 || RowStarts[0] != 0 || RowStarts[^1] != ColumnIndices.Length || Array.Exists(RowStarts, start => start > ColumnIndices.Length))
        {
            throw new ArgumentException($"Row starts must ascend from 0 to the {ColumnIndices.Length} entries.", nameof(rowStarts));
        }

        for (int i = 0; i < Rows; i++)
        {
            if (RowStarts[i] > RowStarts[i + 1])
            {
                throw new ArgumentException($"Row {i} begins at entry {RowStarts[i]} and the next one at {RowStarts[i + 1]}.", nameof(rowStarts));
            }

            int last = -1;
            foreach (int column in Row(i))
            {
                if (column <= last || column >= columns)
                {
                    throw new ArgumentException($"Row {i} has an entry in column {column} after one in {last}; columns ascend from 0 to {columns - 1}.", nameof(columnIndices));
                }

                last = column;
            }
        }
    }

    private SparseEntries(int columns, int[] rowStarts, int[] columnIndices) => (Columns, RowStarts, ColumnIndices) = (columns, rowStarts, columnIndices);

    /// <summary>Rows of the matrix.</summary>
    public int Rows => RowStarts.Length - 1;

    /// <summary>Columns of the matrix.</summary>
    public int Columns { get; }

    /// <summary>Number of entries.</summary>
    public int Count => ColumnIndices.Length;

    internal int[] RowStarts { get; }

    internal int[] ColumnIndices { get; }

    /// <summary>How the last problem whose A has these entries is factored.</summary>
    internal SparseStructure? Analysis { get; set; }

    /// <summary>The numbers of a matrix in the places of the entries.</summary>
    /// <param name="matrix">[rows, columns] or [batch, rows, columns].</param>
    /// <returns>[entries] or [batch, entries], differentiable in the matrix.</returns>
    /// <exception cref="ArgumentException">The matrix has another shape.</exception>
    public Tensor Values(Tensor matrix)
    {
        ArgumentNullException.ThrowIfNull(matrix);
        if (matrix.dim() is not (2 or 3) || matrix.shape[^2] != Rows || matrix.shape[^1] != Columns)
        {
            throw new ArgumentException($"The matrix has shape [{string.Join(", ", matrix.shape)}]; expected [{Rows}, {Columns}], or that with a batch in front.", nameof(matrix));
        }

        long[] places = [.. RowIndices().Zip(ColumnIndices, (row, column) => (row * Columns) + column)];
        return matrix.flatten(-2).index_select(-1, NativeTensor.Of(places, [Count], matrix.device));
    }

    /// <inheritdoc/>
    public bool Equals(SparseEntries? other) =>
        ReferenceEquals(this, other) || (other is not null && Columns == other.Columns && RowStarts.AsSpan().SequenceEqual(other.RowStarts) && ColumnIndices.AsSpan().SequenceEqual(other.ColumnIndices));

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as SparseEntries);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Columns, Rows, Count);

    /// <summary>Columns of a row's entries.</summary>
    internal ReadOnlySpan<int> Row(int row) => ColumnIndices.AsSpan(RowStarts[row], RowStarts[row + 1] - RowStarts[row]);

    /// <summary>Which entry is in a place, or a negative number.</summary>
    internal int Find(int row, int column) => Array.BinarySearch(ColumnIndices, RowStarts[row], RowStarts[row + 1] - RowStarts[row], column) is >= 0 and int entry ? entry : -1;

    /// <summary>The row of each entry.</summary>
    internal IEnumerable<long> RowIndices() => Enumerable.Range(0, Rows).SelectMany(row => Enumerable.Repeat((long)row, RowStarts[row + 1] - RowStarts[row]));

    /// <summary>The places of entries row by row, each once.</summary>
    /// <param name="rows">Number of rows.</param>
    /// <param name="columns">Number of columns.</param>
    /// <param name="places">Row · columns + column of each entry, in any order.</param>
    internal static SparseEntries Of(int rows, int columns, IEnumerable<long> places)
    {
        long[] sorted = [.. places];
        Array.Sort(sorted);
        int[] starts = new int[rows + 1];
        List<int> indices = new(sorted.Length);
        long last = -1;
        foreach (long place in sorted)
        {
            if (place != last)
            {
                starts[(place / columns) + 1]++;
                indices.Add((int)(place % columns));
                last = place;
            }
        }

        for (int i = 0; i < rows; i++)
        {
            starts[i + 1] += starts[i];
        }

        return new SparseEntries(columns, starts, [.. indices]);
    }
}
