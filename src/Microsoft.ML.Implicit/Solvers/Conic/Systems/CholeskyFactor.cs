using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Microsoft.ML.Implicit.Solvers.Conic.Systems;

/// <summary>
/// A sum of Gram matrices TᵀT of one order and its factor UᵀU, both in the upper triangle, row by row. Rows are added and eliminated a panel at a time, and what a panel does
/// to the triangle is done by tiles that stay in registers; tiles of columns where the panel is zero are left out, so that a band or a profile costs no more than it holds.
/// </summary>
internal sealed class CholeskyFactor
{
    private const int TileRows = 4;
    private const int PanelTiles = 2;
    private const int GramRows = 64;
    private const int SolvedTogether = 4;
    private static readonly int TileColumns = 2 * Vector<double>.Count;

    private readonly double[] _matrix;
    private readonly double[] _inversePivots;
    private readonly double[] _x;
    private readonly double[] _negated = new double[SolvedTogether];
    private readonly int[] _active;
    private readonly int _order;

    public CholeskyFactor(int order)
    {
        _order = order;
        Stride = (order + TileColumns - 1) / TileColumns * TileColumns;
        _matrix = new double[order * Stride];
        _inversePivots = new double[order];
        _x = new double[Stride];
        _active = new int[Stride / TileColumns];
    }

    /// <summary>Distance of rows that are added; what is beyond the order is zero.</summary>
    public int Stride { get; }

    private static int PanelRows => PanelTiles * TileColumns;

    /// <summary>Starts with M + δI.</summary>
    /// <param name="matrix">M, symmetric, row by row without gaps, or empty for zero.</param>
    /// <param name="diagonal">δ.</param>
    public void Reset(ReadOnlySpan<double> matrix, double diagonal)
    {
        Array.Clear(_matrix);
        for (int i = 0; i < _order; i++)
        {
            if (!matrix.IsEmpty)
            {
                matrix.Slice((i * _order) + i, _order - i).CopyTo(_matrix.AsSpan((i * Stride) + i));
            }

            _matrix[(i * Stride) + i] += diagonal;
        }
    }

    /// <summary>Adds TᵀT.</summary>
    /// <param name="rows">T, row by row with <see cref="Stride"/>.</param>
    public void AddGram(ReadOnlySpan<double> rows)
    {
        for (int start = 0; start < rows.Length; start += GramRows * Stride)
        {
            Update(rows.Slice(start, Math.Min(GramRows * Stride, rows.Length - start)), 0, 1);
        }
    }

    /// <summary>Factors the sum.</summary>
    /// <returns>Whether it is positive definite to within rounding.</returns>
    public bool TryFactor()
    {
        for (int start = 0; start < _order; start += PanelRows)
        {
            int end = Math.Min(start + PanelRows, _order);
            for (int i = start; i < end; i++)
            {
                if (!TryEliminate(start, i))
                {
                    return false;
                }
            }

            if (end < _order)
            {
                Update(_matrix.AsSpan(start * Stride, (end - start) * Stride), end, -1);
            }
        }

        return true;
    }

    /// <summary>x ← (UᵀU)⁻¹ x, four rows of U at once.</summary>
    public void Solve(Span<double> x)
    {
        x.CopyTo(_x);
        _x.AsSpan(_order).Clear();
        int fours = _order - (_order % SolvedTogether);
        for (int i = 0; i < fours; i += SolvedTogether)
        {
            Span<double> solved = _x.AsSpan(i, SolvedTogether);
            SolveTransposedTriangle(i, solved);
            for (int k = 0; k < SolvedTogether; k++)
            {
                _negated[k] = -solved[k];
            }

            DenseVector.AddTransposedStrided(_matrix.AsSpan((i * Stride) + i + SolvedTogether), Stride, _negated, _x.AsSpan(i + SolvedTogether));
        }

        SolveTransposedTriangle(fours, _x.AsSpan(fours, _order - fours));
        SolveTriangle(fours, _x.AsSpan(fours, _order - fours));
        for (int i = fours - SolvedTogether; i >= 0; i -= SolvedTogether)
        {
            int next = i + SolvedTogether;
            DenseVector.MultiplyStrided(_matrix.AsSpan((i * Stride) + next), Stride, _x.AsSpan(next), _negated);
            for (int k = 0; k < SolvedTogether; k++)
            {
                _x[i + k] -= _negated[k];
            }

            SolveTriangle(i, _x.AsSpan(i, SolvedTogether));
        }

        _x.AsSpan(0, _order).CopyTo(x);
    }

    // Solves with the triangle on the diagonal that begins with a row, and with its transpose.
    private void SolveTriangle(int start, Span<double> x)
    {
        for (int i = x.Length - 1; i >= 0; i--)
        {
            ReadOnlySpan<double> row = _matrix.AsSpan(((start + i) * Stride) + start, x.Length);
            double sum = x[i];
            for (int j = i + 1; j < row.Length; j++)
            {
                sum -= row[j] * x[j];
            }

            x[i] = sum * _inversePivots[start + i];
        }
    }

    private void SolveTransposedTriangle(int start, Span<double> x)
    {
        for (int i = 0; i < x.Length; i++)
        {
            ReadOnlySpan<double> row = _matrix.AsSpan(((start + i) * Stride) + start, x.Length);
            x[i] *= _inversePivots[start + i];
            for (int j = i + 1; j < row.Length; j++)
            {
                x[j] -= row[j] * x[i];
            }
        }
    }

    private static int TileStart(int column) => column - (column % TileColumns);

    private Span<double> Row(int row) => _matrix.AsSpan(row * Stride, Stride);

    // A row of U: the diagonal is kept as its inverse, and zero here, so that whole tiles can be multiplied.
    private bool TryEliminate(int start, int row)
    {
        int tile = TileStart(row);
        Span<double> target = Row(row)[tile..];
        Span<double> factors = stackalloc double[PanelRows];
        factors = factors[..(row - start)];
        for (int i = 0; i < factors.Length; i++)
        {
            factors[i] = -_matrix[((start + i) * Stride) + row];
        }

        DenseVector.AddTransposedStrided(_matrix.AsSpan((start * Stride) + tile), Stride, factors, target);
        double pivot = target[row - tile];
        if (!(pivot > 0) || !double.IsFinite(pivot))
        {
            return false;
        }

        _inversePivots[row] = 1 / Math.Sqrt(pivot);
        DenseVector.Scale(target, _inversePivots[row]);
        target[..(row - tile + 1)].Clear();
        return true;
    }

    // Adds sign TᵀT from a row and column on.
    private void Update(ReadOnlySpan<double> panel, int from, double sign)
    {
        int count = FindActive(panel, from / TileColumns);
        for (int left = 0; left < count; left++)
        {
            int firstRow = _active[left] * TileColumns, lastRow = Math.Min(firstRow + TileColumns, _order);
            for (int row = firstRow; row < lastRow; row += TileRows)
            {
                for (int right = left; right < count; right++)
                {
                    AddTile(panel, row, _active[right] * TileColumns, sign);
                }
            }
        }
    }

    private int FindActive(ReadOnlySpan<double> panel, int from)
    {
        int count = 0;
        for (int tile = from; tile < _active.Length; tile++)
        {
            for (int start = tile * TileColumns; start < panel.Length; start += Stride)
            {
                if (panel.Slice(start, TileColumns).ContainsAnyExcept(0))
                {
                    _active[count++] = tile;
                    break;
                }
            }
        }

        return count;
    }

    private void AddTile(ReadOnlySpan<double> panel, int row, int column, double sign)
    {
        ref double source = ref MemoryMarshal.GetReference(panel);
        Vector<double> left0 = default, left1 = default, left2 = default, left3 = default, right0 = default, right1 = default, right2 = default, right3 = default;
        nuint half = (nuint)Vector<double>.Count;
        for (int start = 0; start < panel.Length; start += Stride)
        {
            Vector<double> left = Vector.LoadUnsafe(ref source, (nuint)(start + column)), right = Vector.LoadUnsafe(ref source, (nuint)(start + column) + half);
            ref double factors = ref Unsafe.Add(ref source, start + row);
            Vector<double> factor = new(factors);
            (left0, right0) = (Vector.FusedMultiplyAdd(factor, left, left0), Vector.FusedMultiplyAdd(factor, right, right0));
            factor = new(Unsafe.Add(ref factors, 1));
            (left1, right1) = (Vector.FusedMultiplyAdd(factor, left, left1), Vector.FusedMultiplyAdd(factor, right, right1));
            factor = new(Unsafe.Add(ref factors, 2));
            (left2, right2) = (Vector.FusedMultiplyAdd(factor, left, left2), Vector.FusedMultiplyAdd(factor, right, right2));
            factor = new(Unsafe.Add(ref factors, 3));
            (left3, right3) = (Vector.FusedMultiplyAdd(factor, left, left3), Vector.FusedMultiplyAdd(factor, right, right3));
        }

        AddTileRow(row, column, sign, left0, right0);
        AddTileRow(row + 1, column, sign, left1, right1);
        AddTileRow(row + 2, column, sign, left2, right2);
        AddTileRow(row + 3, column, sign, left3, right3);
    }

    private void AddTileRow(int row, int column, double sign, Vector<double> left, Vector<double> right)
    {
        if (row < _order)
        {
            Span<double> target = _matrix.AsSpan((row * Stride) + column, TileColumns);
            var factor = new Vector<double>(sign);
            Vector.FusedMultiplyAdd(factor, left, new Vector<double>(target)).CopyTo(target);
            target = target[Vector<double>.Count..];
            Vector.FusedMultiplyAdd(factor, right, new Vector<double>(target)).CopyTo(target);
        }
    }
}
