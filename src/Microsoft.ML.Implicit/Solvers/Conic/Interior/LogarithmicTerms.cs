using System.Numerics.Tensors;

namespace Microsoft.ML.Implicit.Solvers.Conic.Interior;

/// <summary>The terms (log₂|aᵢⱼ| + rᵢ + cⱼ)² of the nonzero entries of a matrix, weighted.</summary>
internal sealed class LogarithmicTerms(int rows, int columns)
{
    private readonly double[] _logarithms = new double[rows * columns];

    // One for an entry that is there, zero for one that is not.
    private readonly double[] _entries = new double[rows * columns];
    private readonly double[] _weights = new double[rows * columns];
    private readonly double[] _misfits = new double[columns];

    // Sums over rows and columns, of weights and of weighted logarithms.
    private readonly double[] _rowWeights = new double[rows];
    private readonly double[] _columnWeights = new double[columns];
    private readonly double[] _rowLogarithms = new double[rows];
    private readonly double[] _columnLogarithms = new double[columns];

    public int Rows => rows;

    /// <summary>What each column's terms count.</summary>
    public double[] Importance { get; } = [.. Enumerable.Repeat(1.0, columns)];

    public void Take(ReadOnlySpan<double> matrix)
    {
        for (int i = 0; i < matrix.Length; i++)
        {
            bool counts = matrix[i] != 0 && double.IsFinite(matrix[i]);
            (_logarithms[i], _entries[i]) = counts ? (Math.Abs(matrix[i]), 1) : (1, 0);
        }

        Span<double> logarithms = _logarithms.AsSpan(0, matrix.Length);
        TensorPrimitives.Log2(logarithms, logarithms);
    }

    /// <summary>Gives the entries that are there weights of 1 / (1 + (misfit / spread)²).</summary>
    public void Weigh(ReadOnlySpan<double> r, ReadOnlySpan<double> c, double offset, double spread)
    {
        Array.Clear(_columnWeights);
        Array.Clear(_columnLogarithms);
        for (int i = 0; i < rows; i++)
        {
            ReadOnlySpan<double> logarithms = _logarithms.AsSpan(i * columns, columns);
            Span<double> weights = _weights.AsSpan(i * columns, columns);
            TensorPrimitives.Add(logarithms, c, _misfits);
            TensorPrimitives.Add(_misfits, r[i] + offset, _misfits);
            TensorPrimitives.Multiply(_misfits, 1 / spread, _misfits);
            TensorPrimitives.MultiplyAdd(_misfits, _misfits, 1, weights);
            TensorPrimitives.Divide(Importance, weights, weights);
            TensorPrimitives.Multiply(weights, _entries.AsSpan(i * columns, columns), weights);
            _rowWeights[i] = TensorPrimitives.Sum<double>(weights);
            _rowLogarithms[i] = DenseVector.Dot(weights, logarithms);
            TensorPrimitives.Add(_columnWeights, weights, _columnWeights);
            TensorPrimitives.MultiplyAdd(weights, logarithms, _columnLogarithms, _columnLogarithms);
        }
    }

    /// <summary>Adds half the slopes by r and c, or, where it is not the fit's, those without logarithms.</summary>
    public void AddSlope(ReadOnlySpan<double> r, ReadOnlySpan<double> c, bool isFit, Span<double> rowSlopes, Span<double> columnSlopes)
    {
        for (int i = 0; i < rows; i++)
        {
            ReadOnlySpan<double> weights = _weights.AsSpan(i * columns, columns);
            rowSlopes[i] += (r[i] * _rowWeights[i]) + DenseVector.Dot(weights, c) + (isFit ? _rowLogarithms[i] : 0);
            DenseVector.AddScaled(columnSlopes, r[i], weights);
        }

        TensorPrimitives.MultiplyAdd(c, _columnWeights, columnSlopes, columnSlopes);
        if (isFit)
        {
            TensorPrimitives.Add(columnSlopes, _columnLogarithms, columnSlopes);
        }
    }

    /// <summary>Adds what <see cref="AddSlope"/> has of curvature.</summary>
    public void AddWeights(Span<double> rowWeights, Span<double> columnWeights)
    {
        TensorPrimitives.Add(rowWeights, _rowWeights, rowWeights);
        TensorPrimitives.Add(columnWeights, _columnWeights, columnWeights);
    }
}
