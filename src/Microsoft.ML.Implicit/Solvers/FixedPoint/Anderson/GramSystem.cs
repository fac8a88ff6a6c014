using System.Numerics;

namespace Microsoft.ML.Implicit.Solvers.FixedPoint;

/// <summary>
/// Gram matrices H of the residuals of many rows, and the weights α that minimise αᵀHα + ridge · Σ αᵢ² Hᵢᵢ subject to
/// Σ αᵢ = 1: α ∝ (H + ridge · diag H)⁻¹ 1, by a Cholesky factorisation of H scaled to a unit diagonal.
/// </summary>
/// <remarks>Entry (i, j) of all rows is contiguous, so that one vector register holds it for several rows.</remarks>
internal sealed class GramSystem
{
    private readonly int _memory;
    private readonly double _ridge;
    private int _stride;
    private double[] _entries;

    public GramSystem(int rows, int memory, double ridge)
    {
        _memory = memory;
        _ridge = ridge;
        RowCount = rows;
        _stride = Padded(rows);
        _entries = new double[memory * memory * _stride];
    }

    /// <summary>Number of matrices: of the first rows, as many as there were in the beginning at most.</summary>
    public int RowCount { get; set; }

    /// <summary>Replaces row and column <paramref name="slot"/> of each matrix.</summary>
    /// <param name="slot">Slot of the newest residual.</param>
    /// <param name="count">Slots in use.</param>
    /// <param name="products">Inner products with the residual of each slot, row after row.</param>
    /// <param name="stride">Columns of a row within <paramref name="products"/>.</param>
    public void SetRow(int slot, int count, ReadOnlySpan<double> products, int stride)
    {
        for (int j = 0; j < count; j++)
        {
            Span<double> entry = Entry(slot, j);
            for (int row = 0; row < RowCount; row++)
            {
                entry[row] = products[(row * stride) + j];
            }
        }
    }

    /// <summary>Solves for the weights of each row.</summary>
    /// <param name="newest">Slot of the newest residual, which alone gets weight where the matrix is singular.</param>
    /// <param name="count">Slots in use.</param>
    /// <param name="weights">Receives the weights [rows, count].</param>
    public void Solve(int newest, int count, Span<double> weights)
    {
        Span<Vector<double>> factor = stackalloc Vector<double>[count * count];
        Span<Vector<double>> solution = stackalloc Vector<double>[count];
        Span<Vector<double>> scale = stackalloc Vector<double>[count];
        for (int first = 0; first < RowCount; first += Vector<double>.Count)
        {
            Load(first, newest, count, factor, scale);
            Vector<long> regular = Factorise(count, factor);
            SolveFactorised(count, factor, scale, solution);
            Vector<double> sum = Vector<double>.Zero;
            for (int i = 0; i < count; i++)
            {
                solution[i] *= scale[i];
                sum += solution[i];
            }

            regular &= Vector.GreaterThan(sum, Vector<double>.Zero) & Vector.LessThan(sum, new Vector<double>(double.PositiveInfinity));
            int rows = Math.Min(Vector<double>.Count, RowCount - first);
            for (int i = 0; i < count; i++)
            {
                var picard = new Vector<double>(i == newest ? 1 : 0);
                Vector<double> weight = Vector.ConditionalSelect(regular, solution[i] / sum, picard);
                for (int lane = 0; lane < rows; lane++)
                {
                    weights[((first + lane) * count) + i] = weight[lane];
                }
            }
        }
    }

    /// <summary>Keeps the matrices of some rows.</summary>
    public void SelectRows(ReadOnlySpan<int> kept)
    {
        int stride = Padded(kept.Length);
        double[] entries = new double[_memory * _memory * stride];
        for (int entry = 0; entry < _memory * _memory; entry++)
        {
            for (int row = 0; row < kept.Length; row++)
            {
                entries[(entry * stride) + row] = _entries[(entry * _stride) + kept[row]];
            }
        }

        (_entries, _stride, RowCount) = (entries, stride, kept.Length);
    }

    /// <summary>Lets a row's matrix take the place of another's.</summary>
    public void MoveRow(int from, int to)
    {
        for (int entry = 0; entry < _entries.Length; entry += _stride)
        {
            _entries[entry + to] = _entries[entry + from];
        }
    }

    private static int Padded(int rows) => (rows + Vector<double>.Count - 1) / Vector<double>.Count * Vector<double>.Count;

    // The matrix is symmetric: (i, j) and (j, i) share a place.
    private Span<double> Entry(int i, int j) => _entries.AsSpan(((Math.Max(i, j) * _memory) + Math.Min(i, j)) * _stride, _stride);

    private void Load(int first, int newest, int count, Span<Vector<double>> matrix, Span<Vector<double>> scale)
    {
        // Weights do not depend on a common factor: taking the newest residual as the unit keeps numbers near 1.
        var unit = new Vector<double>(Entry(newest, newest)[first..]);
        for (int i = 0; i < count; i++)
        {
            scale[i] = Vector.SquareRoot(unit / new Vector<double>(Entry(i, i)[first..]));
            for (int j = 0; j < i; j++)
            {
                matrix[(i * count) + j] = new Vector<double>(Entry(i, j)[first..]) / unit * scale[i] * scale[j];
            }

            matrix[(i * count) + i] = new Vector<double>(1 + _ridge);
        }
    }

    /// <summary>Cholesky factorisation in place; the diagonal holds reciprocals. Returns which lanes are positive definite.</summary>
    private static Vector<long> Factorise(int count, Span<Vector<double>> matrix)
    {
        Vector<long> regular = Vector<long>.AllBitsSet;
        for (int j = 0; j < count; j++)
        {
            Vector<double> pivot = matrix[(j * count) + j];
            for (int k = 0; k < j; k++)
            {
                pivot -= matrix[(j * count) + k] * matrix[(j * count) + k];
            }

            regular &= Vector.GreaterThan(pivot, Vector<double>.Zero);
            Vector<double> reciprocal = Vector<double>.One / Vector.SquareRoot(pivot);
            matrix[(j * count) + j] = reciprocal;
            for (int i = j + 1; i < count; i++)
            {
                Vector<double> entry = matrix[(i * count) + j];
                for (int k = 0; k < j; k++)
                {
                    entry -= matrix[(i * count) + k] * matrix[(j * count) + k];
                }

                matrix[(i * count) + j] = entry * reciprocal;
            }
        }

        return regular;
    }

    private static void SolveFactorised(int count, ReadOnlySpan<Vector<double>> factor, ReadOnlySpan<Vector<double>> right, Span<Vector<double>> solution)
    {
        for (int i = 0; i < count; i++)
        {
            Vector<double> value = right[i];
            for (int k = 0; k < i; k++)
            {
                value -= factor[(i * count) + k] * solution[k];
            }

            solution[i] = value * factor[(i * count) + i];
        }

        for (int i = count - 1; i >= 0; i--)
        {
            Vector<double> value = solution[i];
            for (int k = i + 1; k < count; k++)
            {
                value -= factor[(k * count) + i] * solution[k];
            }

            solution[i] = value * factor[(i * count) + i];
        }
    }
}
