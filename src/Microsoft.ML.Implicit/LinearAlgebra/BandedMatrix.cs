namespace Microsoft.ML.Implicit.LinearAlgebra;

/// <summary>
/// The LU factors of one banded matrix: row interchanges widen the upper band by the lower one (Golub and Van Loan 2013, "Matrix
/// computations", section 4.3.4).
/// </summary>
internal sealed class BandedMatrix
{
    private readonly int _width;
    private readonly int _lower;
    private readonly int _upper;
    private readonly double[] _elements;
    private readonly int[] _pivots;

    private BandedMatrix(int width, int lower, int upper)
    {
        _width = width;
        _lower = lower;
        _upper = upper + lower;
        _elements = new double[width * (_lower + _upper + 1)];
        _pivots = new int[width];
    }

    private ref double this[int row, int column] => ref _elements[(row * (_lower + _upper + 1)) + column - row + _lower];

    /// <summary>Factorises a matrix given by diagonals as in <see cref="BandedOperator"/>.</summary>
    public static BandedMatrix Factorize(ReadOnlySpan<double> diagonals, int width, int lower, int upper)
    {
        var matrix = new BandedMatrix(width, lower, upper);
        for (int column = 0; column < width; column++)
        {
            for (int row = Math.Max(0, column - upper); row <= Math.Min(width - 1, column + lower); row++)
            {
                matrix[row, column] = diagonals[((row - column + upper) * width) + column];
            }
        }

        for (int column = 0; column < width; column++)
        {
            matrix.Eliminate(column);
        }

        return matrix;
    }

    /// <summary>Solves A x = b in the place of b.</summary>
    public void Solve(Memory<double> vector)
    {
        Span<double> x = vector.Span;
        for (int column = 0; column < _width; column++)
        {
            (x[column], x[_pivots[column]]) = (x[_pivots[column]], x[column]);
            for (int row = column + 1; row <= LastRow(column); row++)
            {
                x[row] -= this[row, column] * x[column];
            }
        }

        for (int row = _width - 1; row >= 0; row--)
        {
            for (int column = row + 1; column <= LastColumn(row); column++)
            {
                x[row] -= this[row, column] * x[column];
            }

            x[row] /= this[row, row];
        }

        MarkSingular(x);
    }

    /// <summary>Solves Aᵀ x = b in the place of b.</summary>
    public void SolveTransposed(Memory<double> vector)
    {
        Span<double> x = vector.Span;
        for (int column = 0; column < _width; column++)
        {
            for (int row = Math.Max(0, column - _upper); row < column; row++)
            {
                x[column] -= this[row, column] * x[row];
            }

            x[column] /= this[column, column];
        }

        for (int column = _width - 1; column >= 0; column--)
        {
            for (int row = column + 1; row <= LastRow(column); row++)
            {
                x[column] -= this[row, column] * x[row];
            }

            (x[column], x[_pivots[column]]) = (x[_pivots[column]], x[column]);
        }

        MarkSingular(x);
    }

    private void Eliminate(int column)
    {
        int pivot = column;
        for (int row = column + 1; row <= LastRow(column); row++)
        {
            if (Math.Abs(this[row, column]) > Math.Abs(this[pivot, column]))
            {
                pivot = row;
            }
        }

        _pivots[column] = pivot;
        int last = LastColumn(column);
        if (pivot != column)
        {
            for (int k = column; k <= last; k++)
            {
                (this[column, k], this[pivot, k]) = (this[pivot, k], this[column, k]);
            }
        }

        for (int row = column + 1; row <= LastRow(column); row++)
        {
            double factor = this[row, column] /= this[column, column];
            for (int k = column + 1; k <= last; k++)
            {
                this[row, k] -= factor * this[column, k];
            }
        }
    }

    private int LastRow(int column) => Math.Min(_width - 1, column + _lower);

    private int LastColumn(int row) => Math.Min(_width - 1, row + _upper);

    // A zero pivot leaves infinities in some elements only.
    private static void MarkSingular(Span<double> x)
    {
        foreach (double value in x)
        {
            if (!double.IsFinite(value))
            {
                x.Fill(double.NaN);
                return;
            }
        }
    }
}
