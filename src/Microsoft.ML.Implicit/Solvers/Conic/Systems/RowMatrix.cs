namespace Microsoft.ML.Implicit.Solvers.Conic.Systems;

/// <summary>
/// A matrix stored row by row. Its products take four rows at once, and pass over what lies before the first and behind the last entry of these that is not zero, so that those of
/// a band or a profile cost what it holds. With a pattern they go from entry to entry.
/// </summary>
/// <param name="rows">Rows.</param>
/// <param name="columns">Columns.</param>
/// <param name="pattern">Where it may have entries, or null for everywhere.</param>
internal sealed class RowMatrix(int rows, int columns, SparsityPattern? pattern = null)
{
    private const int Together = 4;

    private readonly (int First, int End)[] _extents = new (int, int)[(rows + Together - 1) / Together];

    /// <summary>The entries.</summary>
    public double[] Values { get; } = new double[rows * columns];

    public bool IsEmpty => Values.Length == 0;

    public Span<double> Row(int row) => Values.AsSpan(row * columns, columns);

    /// <summary>Finds where the entries stand that are not zero; needed after they were changed.</summary>
    public void Measure()
    {
        for (int i = 0; i < _extents.Length; i++)
        {
            (int first, int end) = (columns, 0);
            for (int row = i * Together; row < Math.Min((i + 1) * Together, rows); row++)
            {
                int start = Row(row).IndexOfAnyExcept(0);
                if (start >= 0)
                {
                    (first, end) = (Math.Min(first, start), Math.Max(end, Row(row).LastIndexOfAnyExcept(0) + 1));
                }
            }

            _extents[i] = (Math.Min(first, end), end);
        }
    }

    /// <summary>y = M x.</summary>
    public void Multiply(ReadOnlySpan<double> x, Span<double> y)
    {
        if (pattern is not null)
        {
            for (int i = 0; i < rows; i++)
            {
                ReadOnlySpan<double> row = Row(i);
                double sum = 0;
                foreach (int column in pattern.Row(i))
                {
                    sum += row[column] * x[column];
                }

                y[i] = sum;
            }

            return;
        }

        for (int i = 0; i < _extents.Length; i++)
        {
            (int first, int end) = _extents[i];
            int row = i * Together, count = Math.Min(Together, rows - row);
            DenseVector.MultiplyStrided(Values.AsSpan((row * columns) + first), columns, x[first..end], y.Slice(row, count));
        }
    }

    /// <summary>y += Mᵀ x.</summary>
    public void AddTransposedProduct(ReadOnlySpan<double> x, Span<double> y)
    {
        if (pattern is not null)
        {
            for (int i = 0; i < rows; i++)
            {
                ReadOnlySpan<double> row = Row(i);
                foreach (int column in pattern.Row(i))
                {
                    y[column] += row[column] * x[i];
                }
            }

            return;
        }

        for (int i = 0; i < _extents.Length; i++)
        {
            (int first, int end) = _extents[i];
            int row = i * Together, count = Math.Min(Together, rows - row);
            DenseVector.AddTransposedStrided(Values.AsSpan((row * columns) + first), columns, x.Slice(row, count), y[first..end]);
        }
    }
}
