namespace Microsoft.ML.Implicit.Solvers.Conic.Systems;

/// <summary>
/// A matrix stored row by row. Its products take four rows at once, and pass over what lies before the first and behind the last entry of these that is not zero, so that those of
/// a band or a profile cost what it holds. With a pattern only its entries are stored, and products go from one to the next.
/// </summary>
/// <param name="rows">Rows.</param>
/// <param name="columns">Columns.</param>
/// <param name="pattern">Where it may have entries, or null for everywhere.</param>
internal sealed class RowMatrix(int rows, int columns, SparseEntries? pattern = null)
{
    private const int Together = 4;

    private readonly (int First, int End)[] _extents = pattern is null ? new (int, int)[(rows + Together - 1) / Together] : [];

    /// <summary>The entries.</summary>
    public double[] Values { get; } = new double[pattern?.Count ?? checked(rows * columns)];

    public int Rows => rows;

    public bool IsEmpty => Values.Length == 0;

    /// <summary>What is stored of a row.</summary>
    public Span<double> Row(int row) => pattern is null ? Values.AsSpan(row * columns, columns) : Values.AsSpan(pattern.RowStarts[row], pattern.RowStarts[row + 1] - pattern.RowStarts[row]);

    /// <summary>The columns of what is stored of a row, empty where all are.</summary>
    public ReadOnlySpan<int> ColumnsOf(int row) => pattern is null ? default : pattern.Row(row);

    /// <summary>Where an entry is stored, or a negative number where it is not.</summary>
    public int Find(int row, int column) => pattern is null ? (row * columns) + column : pattern.Find(row, column);

    /// <summary>An entry of the diagonal.</summary>
    public double Diagonal(int row) => Find(row, row) is >= 0 and int entry ? Values[entry] : 0;

    /// <summary>y ← max(y, |factor · row · columns|), entry by entry.</summary>
    /// <returns>The largest of these magnitudes.</returns>
    public double RaiseToMagnitudes(int row, double factor, ReadOnlySpan<double> columnFactors, Span<double> y)
    {
        Span<double> values = Row(row);
        if (pattern is null)
        {
            return DenseVector.RaiseToMagnitudes(y, values, factor, columnFactors);
        }

        ReadOnlySpan<int> places = pattern.Row(row);
        double largest = 0;
        for (int k = 0; k < places.Length; k++)
        {
            double magnitude = Math.Abs(values[k]) * factor * columnFactors[places[k]];
            y[places[k]] = Math.Max(y[places[k]], magnitude);
            largest = Math.Max(largest, magnitude);
        }

        return largest;
    }

    /// <summary>row ← factor · row · columns, entry by entry.</summary>
    public void Scale(int row, double factor, ReadOnlySpan<double> columnFactors)
    {
        Span<double> values = Row(row);
        if (pattern is null)
        {
            DenseVector.Scale(values, factor, columnFactors);
            return;
        }

        ReadOnlySpan<int> places = pattern.Row(row);
        for (int k = 0; k < places.Length; k++)
        {
            values[k] *= factor * columnFactors[places[k]];
        }
    }

    /// <summary>Finds where the entries stand that are not zero; needed after they were changed.</summary>
    public void Measure()
    {
        if (pattern is not null)
        {
            return;
        }

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
                ReadOnlySpan<int> places = pattern.Row(i);
                double sum = 0;
                for (int k = 0; k < places.Length; k++)
                {
                    sum += row[k] * x[places[k]];
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

    /// <summary>y = M x and w += Mᵀ z; full rows are read once.</summary>
    public void MultiplyBoth(ReadOnlySpan<double> x, Span<double> y, ReadOnlySpan<double> z, Span<double> w)
    {
        if (pattern is not null)
        {
            Multiply(x, y);
            AddTransposedProduct(z, w);
            return;
        }

        for (int i = 0; i < _extents.Length; i++)
        {
            (int first, int end) = _extents[i];
            int row = i * Together, count = Math.Min(Together, rows - row);
            DenseVector.MultiplyBothStrided(Values.AsSpan((row * columns) + first), columns, x[first..end], y.Slice(row, count), z.Slice(row, count), w[first..end]);
        }
    }

    /// <summary>y = |M| |x|, entry by entry.</summary>
    public void MultiplyMagnitudes(ReadOnlySpan<double> x, Span<double> y)
    {
        for (int i = 0; i < rows; i++)
        {
            ReadOnlySpan<double> row = Row(i);
            ReadOnlySpan<int> places = ColumnsOf(i);
            double sum = 0;
            for (int k = 0; k < row.Length; k++)
            {
                sum += Math.Abs(row[k] * x[places.IsEmpty ? k : places[k]]);
            }

            y[i] = sum;
        }
    }

    /// <summary>y += |M|ᵀ |x|, entry by entry.</summary>
    public void AddTransposedMagnitudes(ReadOnlySpan<double> x, Span<double> y)
    {
        for (int i = 0; i < rows; i++)
        {
            ReadOnlySpan<double> row = Row(i);
            ReadOnlySpan<int> places = ColumnsOf(i);
            for (int k = 0; k < row.Length; k++)
            {
                y[places.IsEmpty ? k : places[k]] += Math.Abs(row[k] * x[i]);
            }
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
                ReadOnlySpan<int> places = pattern.Row(i);
                for (int k = 0; k < places.Length; k++)
                {
                    y[places[k]] += row[k] * x[i];
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
