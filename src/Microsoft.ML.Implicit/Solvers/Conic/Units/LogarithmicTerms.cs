using System.Numerics;
using System.Runtime.InteropServices;
using Microsoft.ML.Implicit.Solvers.Conic.Systems;

namespace Microsoft.ML.Implicit.Solvers.Conic.Units;

/// <summary>
/// The terms (log₂|aᵢⱼ| + rᵢ + cⱼ)² of the nonzero entries of a matrix, weighted. Full rows are padded, so that all of it is done by whole vectors; of sparse ones only the entries are kept.
/// </summary>
internal sealed class LogarithmicTerms
{
    private readonly SparseEntries? _pattern;
    private readonly int _stride;
    private readonly double[] _logarithms;

    // Of an entry that is there its column's importance, zero for one that is not, or is too small to have all its digits.
    private readonly double[] _entries;
    private readonly double[] _weights;
    private readonly double[] _c;
    private readonly double[] _products;

    // Sums over rows and columns, of weights and of weighted logarithms.
    private readonly double[] _rowWeights;
    private readonly double[] _columnWeights;
    private readonly double[] _rowLogarithms;
    private readonly double[] _columnLogarithms;

    /// <param name="rows">Rows of the matrix.</param>
    /// <param name="columns">Its columns.</param>
    /// <param name="pattern">Where it has entries, or null for everywhere.</param>
    public LogarithmicTerms(int rows, int columns, SparseEntries? pattern = null)
    {
        (Rows, _pattern, _stride) = (rows, pattern, Padded(columns));
        int count = Padded(pattern?.Count ?? rows * _stride);
        (_logarithms, _entries, _weights) = (new double[count], new double[count], new double[count]);
        (_c, _columnWeights, _columnLogarithms) = (new double[_stride], new double[_stride], new double[_stride]);
        (_products, _rowWeights, _rowLogarithms) = (new double[rows], new double[rows], new double[rows]);
        Importance = [.. Enumerable.Repeat(1.0, columns)];
    }

    public int Rows { get; }

    /// <summary>What each column's terms count.</summary>
    public double[] Importance { get; }

    public void Take(RowMatrix matrix)
    {
        for (int i = 0; i < Rows; i++)
        {
            Copy(matrix.Row(i), _pattern is null ? i * _stride : _pattern.RowStarts[i], matrix.ColumnsOf(i));
        }

        ToLogarithms();
    }

    /// <summary>Takes a matrix of one row.</summary>
    public void Take(ReadOnlySpan<double> row)
    {
        Copy(row, 0, default);
        ToLogarithms();
    }

    /// <summary>How far from one an entry of a matrix of one row is in a unit.</summary>
    public double Misfit(int column, double exponent) => _logarithms[column] + exponent;

    /// <summary>Says what an entry of a matrix of one row counts, if it is there.</summary>
    public void SetImportance(int column, double importance) => _entries[column] = _entries[column] > 0 ? importance : 0;

    /// <summary>Gives the entries that are there weights of 1 / (1 + (misfit / spread)²), of which those that would be less than one may have a spread of their own.</summary>
    public void Weigh(ReadOnlySpan<double> r, ReadOnlySpan<double> c, double offset, double spread, double spreadOfSmall)
    {
        Array.Clear(_columnWeights);
        Array.Clear(_columnLogarithms);
        c.CopyTo(_c);
        if (_pattern is not null)
        {
            WeighEntries(_pattern, r, offset, 1 / spread, 1 / spreadOfSmall);
            return;
        }

        Span<Vector<double>> columns = Vectors(_c), columnWeights = Vectors(_columnWeights), columnLogarithms = Vectors(_columnLogarithms);
        Vector<double> scale = new(1 / spread), scaleOfSmall = new(1 / spreadOfSmall);
        for (int i = 0; i < Rows; i++)
        {
            Span<Vector<double>> logarithms = Row(_logarithms, i), entries = Row(_entries, i), weights = Row(_weights, i);
            Vector<double> shift = new(r[i] + offset), weightSum = default, logarithmSum = default;
            for (int k = 0; k < weights.Length; k++)
            {
                Vector<double> misfit = logarithms[k] + columns[k] + shift;
                misfit *= Vector.ConditionalSelect(Vector.LessThan(misfit, Vector<double>.Zero), scaleOfSmall, scale);
                Vector<double> weight = entries[k] / Vector.FusedMultiplyAdd(misfit, misfit, Vector<double>.One), logarithm = weight * logarithms[k];
                weights[k] = weight;
                columnWeights[k] += weight;
                columnLogarithms[k] += logarithm;
                weightSum += weight;
                logarithmSum += logarithm;
            }

            (_rowWeights[i], _rowLogarithms[i]) = (Vector.Sum(weightSum), Vector.Sum(logarithmSum));
        }
    }

    /// <summary>Adds half the slopes by r and c, or, where it is not the fit's, those without logarithms.</summary>
    public void AddSlope(ReadOnlySpan<double> r, ReadOnlySpan<double> c, bool isFit, Span<double> rowSlopes, Span<double> columnSlopes)
    {
        if (_pattern is null)
        {
            DenseVector.MultiplyBothStrided(_weights, _stride, c, _products, r[..Rows], columnSlopes);
        }
        else
        {
            MultiplyEntries(_pattern, r, c, columnSlopes);
        }

        for (int i = 0; i < Rows; i++)
        {
            rowSlopes[i] += (r[i] * _rowWeights[i]) + _products[i] + (isFit ? _rowLogarithms[i] : 0);
        }

        for (int j = 0; j < columnSlopes.Length; j++)
        {
            columnSlopes[j] += (c[j] * _columnWeights[j]) + (isFit ? _columnLogarithms[j] : 0);
        }
    }

    /// <summary>Adds what <see cref="AddSlope"/> has of curvature.</summary>
    public void AddWeights(Span<double> rowWeights, Span<double> columnWeights)
    {
        DenseVector.AddScaled(rowWeights, 1, _rowWeights);
        DenseVector.AddScaled(columnWeights, 1, _columnWeights);
    }

    private void Copy(ReadOnlySpan<double> row, int start, ReadOnlySpan<int> places)
    {
        row.CopyTo(_logarithms.AsSpan(start));
        Span<double> entries = _entries.AsSpan(start, row.Length);
        if (places.IsEmpty)
        {
            Importance.CopyTo(entries);
            return;
        }

        for (int k = 0; k < entries.Length; k++)
        {
            entries[k] = Importance[places[k]];
        }
    }

    // To within 5e-8, which is more than a fit of units needs: log₂ 2ᵉm = e + ½ + 2 artanh(t) / ln 2 with t = (m − √2) / (m + √2), of whose series four terms are taken.
    private void ToLogarithms()
    {
        const long mantissaBits = (1L << 52) - 1;
        const double smallestNormal = 2.2250738585072014e-308;
        const double factor = 2 / 0.693147180559945309;
        Span<Vector<double>> numbers = Vectors(_logarithms), entries = Vectors(_entries);
        Vector<double> root = new(Math.Sqrt(2)), one = Vector<double>.One;
        for (int k = 0; k < numbers.Length; k++)
        {
            Vector<double> magnitude = Vector.Abs(numbers[k]);
            Vector<long> bits = Vector.AsVectorInt64(magnitude);
            Vector<long> counts = Vector.BitwiseAnd(
                Vector.GreaterThanOrEqual(magnitude, new Vector<double>(smallestNormal)), Vector.LessThanOrEqual(magnitude, new Vector<double>(double.MaxValue)));
            Vector<double> exponent = Vector.ConvertToDouble(Vector.ShiftRightLogical(bits, 52) - new Vector<long>(1023));
            Vector<double> mantissa = Vector.AsVectorDouble((bits & new Vector<long>(mantissaBits)) | Vector.AsVectorInt64(one));
            Vector<double> t = (mantissa - root) / (mantissa + root), square = t * t;
            Vector<double> series = Vector.FusedMultiplyAdd(square, new Vector<double>(factor / 7), new Vector<double>(factor / 5));
            series = Vector.FusedMultiplyAdd(square, series, new Vector<double>(factor / 3));
            series = Vector.FusedMultiplyAdd(square, series, new Vector<double>(factor));
            Vector<double> logarithm = exponent + Vector.FusedMultiplyAdd(t, series, new Vector<double>(0.5));
            numbers[k] = Vector.ConditionalSelect(counts, logarithm, Vector<double>.Zero);
            entries[k] = Vector.ConditionalSelect(counts, entries[k], Vector<double>.Zero);
        }
    }

    private void WeighEntries(SparseEntries pattern, ReadOnlySpan<double> r, double offset, double scale, double scaleOfSmall)
    {
        for (int i = 0; i < Rows; i++)
        {
            (_rowWeights[i], _rowLogarithms[i]) = (0, 0);
            for (int k = pattern.RowStarts[i]; k < pattern.RowStarts[i + 1]; k++)
            {
                int column = pattern.ColumnIndices[k];
                double misfit = _logarithms[k] + _c[column] + r[i] + offset;
                misfit *= misfit < 0 ? scaleOfSmall : scale;
                double weight = _entries[k] / (1 + (misfit * misfit)), logarithm = weight * _logarithms[k];
                _weights[k] = weight;
                _columnWeights[column] += weight;
                _columnLogarithms[column] += logarithm;
                _rowWeights[i] += weight;
                _rowLogarithms[i] += logarithm;
            }
        }
    }

    // Products of the weights with c, and, added, of their transpose with r.
    private void MultiplyEntries(SparseEntries pattern, ReadOnlySpan<double> r, ReadOnlySpan<double> c, Span<double> columnProducts)
    {
        for (int i = 0; i < Rows; i++)
        {
            double sum = 0;
            for (int k = pattern.RowStarts[i]; k < pattern.RowStarts[i + 1]; k++)
            {
                int column = pattern.ColumnIndices[k];
                sum += _weights[k] * c[column];
                columnProducts[column] += _weights[k] * r[i];
            }

            _products[i] = sum;
        }
    }

    private static int Padded(int count) => (count + Vector<double>.Count - 1) / Vector<double>.Count * Vector<double>.Count;

    private Span<Vector<double>> Row(double[] matrix, int row) => Vectors(matrix.AsSpan(row * _stride, _stride));

    private static Span<Vector<double>> Vectors(Span<double> values) => MemoryMarshal.Cast<double, Vector<double>>(values);
}
