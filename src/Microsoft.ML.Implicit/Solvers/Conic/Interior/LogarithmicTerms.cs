namespace Microsoft.ML.Implicit.Solvers.Conic.Interior;

/// <summary>The terms (log₂|aᵢⱼ| + rᵢ + cⱼ)² of the nonzero entries of a matrix, weighted.</summary>
internal sealed class LogarithmicTerms(int rows, int columns)
{
    private readonly double[] _logarithms = new double[rows * columns];
    private readonly double[] _weights = new double[rows * columns];

    public int Rows => rows;

    /// <summary>What each row's terms count.</summary>
    public double[] Importance { get; } = [.. Enumerable.Repeat(1.0, rows)];

    public void Take(ReadOnlySpan<double> matrix)
    {
        for (int i = 0; i < matrix.Length; i++)
        {
            bool counts = matrix[i] != 0 && double.IsFinite(matrix[i]);
            (_logarithms[i], _weights[i]) = (counts ? Math.Log2(Math.Abs(matrix[i])) : 0, counts ? 1 : 0);
        }
    }

    /// <summary>Gives the entries that are there weights of 1 / (1 + (misfit / spread)²).</summary>
    public void Weigh(ReadOnlySpan<double> r, ReadOnlySpan<double> c, double offset, double spread)
    {
        for (int i = 0; i < rows; i++)
        {
            for (int j = 0; j < columns; j++)
            {
                ref double weight = ref _weights[(i * columns) + j];
                double misfit = (_logarithms[(i * columns) + j] + r[i] + c[j] + offset) / spread;
                weight = weight > 0 ? Importance[i] / (1 + (misfit * misfit)) : 0;
            }
        }
    }

    /// <summary>Adds half the slopes by r and c, or, where it is not the fit's, those without logarithms.</summary>
    public void AddSlope(ReadOnlySpan<double> r, ReadOnlySpan<double> c, bool isFit, Span<double> rowSlopes, Span<double> columnSlopes)
    {
        for (int i = 0; i < rows; i++)
        {
            double sum = 0;
            for (int j = 0, k = i * columns; j < columns; j++, k++)
            {
                double slope = _weights[k] * (r[i] + c[j] + (isFit ? _logarithms[k] : 0));
                sum += slope;
                columnSlopes[j] += slope;
            }

            rowSlopes[i] += sum;
        }
    }

    /// <summary>Adds what <see cref="AddSlope"/> has of curvature.</summary>
    public void AddWeights(Span<double> rowWeights, Span<double> columnWeights)
    {
        for (int i = 0; i < rows; i++)
        {
            for (int j = 0, k = i * columns; j < columns; j++, k++)
            {
                rowWeights[i] += _weights[k];
                columnWeights[j] += _weights[k];
            }
        }
    }
}
