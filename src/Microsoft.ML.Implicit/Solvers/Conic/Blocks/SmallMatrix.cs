namespace Microsoft.ML.Implicit.Solvers.Conic.Blocks;

/// <summary>Square matrices stored row by row, and symmetric ones as vectors of their lower triangles by columns.</summary>
internal static class SmallMatrix
{
    private static readonly double Root = Math.Sqrt(2);

    /// <summary>Reads a matrix from a vector whose entries are some distance apart.</summary>
    public static void FromVector(ReadOnlySpan<double> vector, int stride, Span<double> matrix, int n)
    {
        for (int column = 0, next = 0; column < n; column++)
        {
            for (int row = column; row < n; row++, next += stride)
            {
                matrix[(row * n) + column] = matrix[(column * n) + row] = row == column ? vector[next] : vector[next] / Root;
            }
        }
    }

    /// <summary>Writes the symmetric part of a matrix as a vector.</summary>
    public static void ToVector(ReadOnlySpan<double> matrix, Span<double> vector, int stride, int n)
    {
        for (int column = 0, next = 0; column < n; column++)
        {
            for (int row = column; row < n; row++, next += stride)
            {
                vector[next] = row == column ? matrix[(row * n) + row] : (matrix[(row * n) + column] + matrix[(column * n) + row]) / Root;
            }
        }
    }

    /// <summary>target = left · right, or left · rightᵀ.</summary>
    public static void Multiply(ReadOnlySpan<double> left, ReadOnlySpan<double> right, Span<double> target, int n, bool transposed = false)
    {
        for (int i = 0; i < n; i++)
        {
            Span<double> row = target.Slice(i * n, n);
            row.Clear();
            for (int k = 0; k < n; k++)
            {
                if (transposed)
                {
                    row[k] = DenseVector.Dot(left.Slice(i * n, n), right.Slice(k * n, n));
                }
                else
                {
                    DenseVector.AddScaled(row, left[(i * n) + k], right.Slice(k * n, n));
                }
            }
        }
    }

    /// <summary>middle ← left · middle · leftᵀ.</summary>
    public static void Congruence(ReadOnlySpan<double> left, Span<double> middle, Span<double> scratch, int n)
    {
        Multiply(left, middle, scratch, n);
        Multiply(scratch, left, middle, n, transposed: true);
    }

    /// <summary>The determinant of three vectors in three dimensions.</summary>
    public static double Determinant(ReadOnlySpan<double> a, ReadOnlySpan<double> b, ReadOnlySpan<double> c) =>
        (a[0] * ((b[1] * c[2]) - (b[2] * c[1]))) + (a[1] * ((b[2] * c[0]) - (b[0] * c[2]))) + (a[2] * ((b[0] * c[1]) - (b[1] * c[0])));

    public static void Transpose(ReadOnlySpan<double> matrix, Span<double> target, int n)
    {
        for (int i = 0; i < n; i++)
        {
            for (int j = 0; j < n; j++)
            {
                target[(j * n) + i] = matrix[(i * n) + j];
            }
        }
    }

    /// <summary>Replaces a matrix, of which the lower triangle counts, by its Cholesky factor; what is above the diagonal is cleared.</summary>
    /// <returns>Whether it is positive definite.</returns>
    public static bool TryFactor(Span<double> a, int n)
    {
        for (int i = 0; i < n; i++)
        {
            Span<double> row = a.Slice(i * n, n);
            for (int j = 0; j < i; j++)
            {
                row[j] = (row[j] - DenseVector.Dot(row[..j], a.Slice(j * n, j))) / a[(j * n) + j];
            }

            double pivot = row[i] - DenseVector.Dot(row[..i], row[..i]);
            if (!(pivot > 0) || !double.IsFinite(pivot))
            {
                return false;
            }

            row[i] = Math.Sqrt(pivot);
            row[(i + 1)..].Clear();
        }

        return true;
    }
}
