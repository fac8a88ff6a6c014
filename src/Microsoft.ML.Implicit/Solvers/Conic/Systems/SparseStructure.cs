using Microsoft.ML.Implicit.Solvers.Conic.Blocks;
using Microsoft.ML.Implicit.Solvers.Conic.Interior;

namespace Microsoft.ML.Implicit.Solvers.Conic.Systems;

/// <summary>Where the programs of a batch have entries, in any of its rows, and how the matrix of <see cref="SparseNormalFactorization"/> is factored, in which cones that are no products are full.</summary>
internal sealed class SparseStructure
{
    // A sparse multiplication costs that many of a dense factorisation.
    private const int CostOfIndirection = 8;

    // Below that, no pattern is worth its analysis.
    private const int SmallestOrder = 48;

    private const double LargestDensity = 0.25;

    // Matrices that do not fit otherwise are stored by their entries, however many these are.
    private const long LargestDense = 1L << 28;

    private SparseStructure(SparseEntries quadratic, SparseEntries matrix)
    {
        (P, A) = (quadratic, matrix);
        int n = matrix.Columns;
        List<(int Row, int Column)> entries = [];
        for (int i = 0; i < quadratic.Rows; i++)
        {
            foreach (int column in quadratic.Row(i))
            {
                if (column > i)
                {
                    entries.Add((i, column));
                }
            }
        }

        for (int i = 0; i < matrix.Rows; i++)
        {
            foreach (int column in matrix.Row(i))
            {
                entries.Add((n + i, column));
            }
        }

        // Slacks first: where P is zero, the pivots of variables alone would be δ, and magnify rounding by its inverse.
        Symbolic = new SymbolicFactorization(n + matrix.Rows, entries, later: n);
    }

    /// <summary>Entries of the symmetric P; no rows where it is zero.</summary>
    public SparseEntries P { get; }

    /// <summary>Entries of A, in all units and whitened.</summary>
    public SparseEntries A { get; }

    public SymbolicFactorization Symbolic { get; }

    /// <summary>Whether a factorisation takes less than a dense one.</summary>
    public bool IsWorthwhile
    {
        get
        {
            double n = A.Columns, dense = (A.Rows * n * n / 2) + (n * n * n / 6);
            return Symbolic.Operations * (double)CostOfIndirection < dense || n * Math.Max(n, A.Rows) > LargestDense;
        }
    }

    /// <summary>Analyses a batch.</summary>
    /// <param name="data">The batch.</param>
    /// <param name="blocks">The cones of its programs.</param>
    /// <param name="known">The structure of an earlier batch, which is returned where it is this one's too, or null.</param>
    /// <returns>Its structure, or null where no pattern can be worth its analysis.</returns>
    public static SparseStructure? Find(ConeData data, IReadOnlyList<ConeBlock> blocks, SparseStructure? known)
    {
        ConeProblem problem = data.Problem;
        (int n, int m) = (problem.Variables, problem.Constraints);
        bool isFull = (problem.AEntries is null && Density(data.A(0)) > LargestDensity) || (problem.PEntries is null && Density(data.P(0)) > LargestDensity);
        if (n < SmallestOrder || problem.BatchSize == 0 || isFull)
        {
            return null;
        }

        SparseEntries p = Symmetric(problem.P is null ? SparseEntries.Of(0, n, []) : problem.PEntries ?? Scan(n, n, data.CountOfP, data.P));
        SparseEntries a = Unite(problem.AEntries ?? Scan(m, n, data.CountOfA, data.A), blocks);
        foreach (SparseStructure? earlier in new[] { known, problem.AEntries?.Analysis })
        {
            if (earlier is not null && earlier.P.Equals(p) && earlier.A.Equals(a))
            {
                return earlier;
            }
        }

        var structure = new SparseStructure(p, a);
        if (problem.AEntries is { } given)
        {
            given.Analysis = structure;
        }

        return structure;
    }

    private static double Density(ReadOnlySpan<double> matrix) => matrix.IsEmpty ? 0 : 1 - ((double)matrix.Count(0) / matrix.Length);

    private delegate ReadOnlySpan<double> MatrixOfRow(int row);

    private static SparseEntries Scan(int rows, int columns, int count, MatrixOfRow matrices)
    {
        bool[] marks = new bool[rows * columns];
        for (int row = 0; row < count; row++)
        {
            ReadOnlySpan<double> matrix = matrices(row);
            for (int i = 0; i < matrix.Length; i++)
            {
                marks[i] |= matrix[i] != 0;
            }
        }

        return SparseEntries.Of(rows, columns, Enumerable.Range(0, marks.Length).Where(i => marks[i]).Select(i => (long)i));
    }

    private static SparseEntries Symmetric(SparseEntries p)
    {
        long n = p.Rows;
        IEnumerable<long> places = p.RowIndices().Zip(p.ColumnIndices).SelectMany(entry => new[] { (entry.First * n) + entry.Second, (entry.Second * n) + entry.First });
        return SparseEntries.Of(p.Rows, p.Columns, places.Concat(Enumerable.Range(0, p.Rows).Select(i => i * (n + 1))));
    }

    private static SparseEntries Unite(SparseEntries a, IReadOnlyList<ConeBlock> blocks)
    {
        List<long> places = [];
        foreach (ConeBlock block in blocks)
        {
            int[] all = block.IsSeparable ? [] : [.. Enumerable.Range(block.Start, block.Dimension).SelectMany(row => a.Row(row).ToArray()).Distinct()];
            for (int row = block.Start; row < block.Start + block.Dimension; row++)
            {
                foreach (int column in block.IsSeparable ? a.Row(row) : all)
                {
                    places.Add(((long)row * a.Columns) + column);
                }
            }
        }

        return SparseEntries.Of(a.Rows, a.Columns, places);
    }
}
