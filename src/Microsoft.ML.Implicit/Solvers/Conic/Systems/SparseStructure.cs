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

    private SparseStructure(SparsityPattern quadratic, SparsityPattern matrix)
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
    public SparsityPattern P { get; }

    /// <summary>Entries of A, in all units and whitened.</summary>
    public SparsityPattern A { get; }

    public SymbolicFactorization Symbolic { get; }

    /// <summary>Whether a factorisation takes less than a dense one.</summary>
    public bool IsWorthwhile
    {
        get
        {
            long n = A.Columns, dense = (A.Rows * n * n / 2) + (n * n * n / 6);
            return Symbolic.Operations * CostOfIndirection < dense;
        }
    }

    /// <summary>Analyses a batch.</summary>
    /// <param name="data">The batch.</param>
    /// <param name="blocks">The cones of its programs.</param>
    /// <param name="known">The structure of an earlier batch, which is returned where it is this one's too, or null.</param>
    /// <returns>Its structure, or null where no pattern can be worth its analysis.</returns>
    public static SparseStructure? Find(ConeData data, IReadOnlyList<ConeBlock> blocks, SparseStructure? known)
    {
        (int n, int m) = (data.Problem.Variables, data.Problem.Constraints);
        if (n < SmallestOrder || m == 0 || data.Problem.BatchSize == 0 || Density(data.A(0)) > LargestDensity || Density(data.P(0)) > LargestDensity)
        {
            return null;
        }

        bool[] quadratic = new bool[data.P(0).Length], matrix = new bool[m * n];
        for (int row = 0; row < (data.PVaries ? data.Problem.BatchSize : 1); row++)
        {
            Mark(data.P(row), quadratic);
        }

        for (int row = 0; row < (data.AVaries ? data.Problem.BatchSize : 1); row++)
        {
            Mark(data.A(row), matrix);
        }

        for (int i = 0; i < quadratic.Length / n; i++)
        {
            quadratic[(i * n) + i] = true;
            for (int j = 0; j < i; j++)
            {
                quadratic[(i * n) + j] = quadratic[(j * n) + i] |= quadratic[(i * n) + j];
            }
        }

        foreach (ConeBlock block in blocks.Where(block => !block.IsSeparable))
        {
            Unite(matrix.AsSpan(block.Start * n, block.Dimension * n), n);
        }

        SparsityPattern p = SparsityPattern.Of(quadratic, quadratic.Length / n, n), a = SparsityPattern.Of(matrix, m, n);
        return known is not null && known.P.Equals(p) && known.A.Equals(a) ? known : new SparseStructure(p, a);
    }

    private static double Density(ReadOnlySpan<double> matrix) => matrix.IsEmpty ? 0 : 1 - ((double)matrix.Count(0) / matrix.Length);

    private static void Mark(ReadOnlySpan<double> matrix, bool[] marks)
    {
        for (int i = 0; i < matrix.Length; i++)
        {
            marks[i] |= matrix[i] != 0;
        }
    }

    private static void Unite(Span<bool> rows, int columns)
    {
        Span<bool> union = rows[..columns];
        for (int start = columns; start < rows.Length; start += columns)
        {
            for (int j = 0; j < columns; j++)
            {
                union[j] |= rows[start + j];
            }
        }

        for (int start = columns; start < rows.Length; start += columns)
        {
            union.CopyTo(rows[start..]);
        }
    }
}
