using Microsoft.ML.Implicit.Numerics;
using TensorPrimitives = System.Numerics.Tensors.TensorPrimitives;

namespace Microsoft.ML.Implicit.Solvers.Optimization.Searches;

/// <summary>
/// A Jacobian whose columns are scaled to length one, factorised as Q R, and what of the residuals lies in its range. Steps come from R alone, however many residuals there are.
/// </summary>
internal sealed class TangentSpace(int width, double epsilon)
{
    private readonly double[] _scales = new double[width];
    private readonly bool[] _isHeld = new bool[width];

    // Parameters in the order of the triangle's columns: those that are not determined come last, for the row of a column of which nothing is left would be lost to those behind it.
    private readonly int[] _order = new int[width];
    private readonly double[] _projection = new double[width];
    private readonly double[] _triangle = new double[width * width];
    private readonly double[] _damped = new double[2 * width * width];
    private readonly double[] _dampedRight = new double[2 * width];
    private double[] _right = [];
    private double[] _columns = [];
    private int _rows;

    /// <summary>What is left of the residuals in the range of the Jacobian.</summary>
    public double Tangent { get; private set; }

    /// <summary>That as a fraction of the residuals: the relative offset of Bates and Watts (1981).</summary>
    public double Offset { get; private set; }

    // Columns have at most the length one.
    private double RankLimit => width * 8 * epsilon;

    /// <summary>The largest part that a parameter of a point has in the values of the model, to which rounding is relative.</summary>
    public double Magnitude(ReadOnlySpan<double> point)
    {
        double largest = 0;
        for (int j = 0; j < point.Length; j++)
        {
            largest = Math.Max(largest, _scales[j] * Math.Abs(point[j]));
        }

        return largest;
    }

    public bool IsHeld(int parameter) => _isHeld[parameter];

    /// <summary>Forgets all scales.</summary>
    /// <param name="count">Number of residuals.</param>
    public void Reset(int count)
    {
        _scales.AsSpan().Clear();
        _isHeld.AsSpan().Clear();
        _rows = Math.Max(count, width);
        if (_right.Length < _rows)
        {
            (_right, _columns) = (new double[_rows], new double[_rows * width]);
        }
    }

    /// <summary>Takes residuals and their Jacobian.</summary>
    /// <param name="jacobian">Derivatives parameter by parameter.</param>
    /// <param name="residuals">Residuals.</param>
    /// <param name="roots">Roots of their weights, or empty for ones.</param>
    /// <returns>Whether all is finite.</returns>
    public bool Load(ReadOnlySpan<double> jacobian, ReadOnlySpan<double> residuals, ReadOnlySpan<double> roots)
    {
        int count = residuals.Length;
        Span<double> right = _right.AsSpan(0, _rows);
        right.Clear();
        Weigh(residuals, roots, right[..count]);
        for (int j = 0; j < width; j++)
        {
            Span<double> column = Column(j);
            column.Clear();
            Weigh(jacobian.Slice(j * count, count), roots, column[..count]);
            double norm = EuclideanNorm.Of(column);
            if (!double.IsFinite(norm))
            {
                return false;
            }

            _scales[j] = Math.Max(norm, 0.1 * _scales[j]);
            _isHeld[j] = false;
        }

        return true;
    }

    /// <summary>Derivative of half of the squares with respect to a parameter.</summary>
    public double Slope(int parameter) => TensorPrimitives.Dot<double>(Column(parameter), _right.AsSpan(0, _rows));

    /// <summary>Keeps a parameter where it is.</summary>
    public void Hold(int parameter) => _isHeld[parameter] = true;

    /// <summary>Factorises what was taken.</summary>
    public void Factor()
    {
        Span<double> columns = _columns.AsSpan(0, _rows * width), right = _right.AsSpan(0, _rows);
        for (int j = 0; j < width; j++)
        {
            _order[j] = j;
            TensorPrimitives.Multiply(Column(j), _isHeld[j] || _scales[j] == 0 ? 0 : 1 / _scales[j], Column(j));
        }

        double total = Math.Sqrt(TensorPrimitives.SumOfSquares<double>(right));
        HouseholderQr.Factor(columns, _rows, right);
        right[..width].CopyTo(_projection);
        for (int j = 0; j < width; j++)
        {
            columns.Slice(j * _rows, width).CopyTo(_triangle.AsSpan(j * width));
        }

        int determined = CountDetermined();
        double squares = TensorPrimitives.SumOfSquares<double>(_projection.AsSpan(0, determined));
        Tangent = Math.Sqrt(squares);
        Offset = total == 0 ? 0 : Tangent / total;
    }

    /// <summary>Whether the residuals do not determine a parameter that is not held.</summary>
    public bool IsSingular() => Enumerable.Range(0, width).Any(k => !_isHeld[_order[k]] && !IsDetermined(k));

    /// <summary>Gauss and Newton's step.</summary>
    public void Undamped(Span<double> step)
    {
        TensorPrimitives.Negate(_projection, step);
        HouseholderQr.BackSubstitute(_triangle, width, step, RankLimit);
        Unscale(step);
    }

    /// <summary>Levenberg and Marquardt's step.</summary>
    public void Damped(double damping, Span<double> step)
    {
        Span<double> damped = _damped, right = _dampedRight;
        right.Clear();
        damped.Clear();
        for (int j = 0; j < width; j++)
        {
            Span<double> column = damped.Slice(j * 2 * width, 2 * width);
            _triangle.AsSpan(j * width, j + 1).CopyTo(column);
            column[width + j] = Math.Sqrt(damping);
            right[j] = -_projection[j];
        }

        HouseholderQr.Factor(damped, 2 * width, right);
        right[..width].CopyTo(step);
        HouseholderQr.BackSubstitute(damped, 2 * width, step, 0);
        Unscale(step);
    }

    /// <summary>What half of the squares would fall by if the residuals were linear.</summary>
    public double Gain(ReadOnlySpan<double> step)
    {
        double gain = 0;
        for (int i = 0; i < width; i++)
        {
            double change = 0;
            for (int j = i; j < width; j++)
            {
                change += _triangle[(j * width) + i] * step[_order[j]] * _scales[_order[j]];
            }

            gain -= change * (_projection[i] + (0.5 * change));
        }

        return gain;
    }

    /// <summary>(JᵀJ)⁻¹ of the weighted Jacobian, without the parameters that are held.</summary>
    public double[] InverseInformation()
    {
        double[] inverse = new double[width * width], roots = new double[width * width];
        for (int k = 0; k < width; k++)
        {
            Span<double> root = roots.AsSpan(k * width, width);
            root[k] = 1;
            HouseholderQr.BackSubstitute(_triangle, width, root, RankLimit);
            Unscale(root);
        }

        for (int i = 0; i < width; i++)
        {
            for (int j = 0; j < width; j++)
            {
                for (int k = 0; k < width; k++)
                {
                    inverse[(i * width) + j] += roots[(k * width) + i] * roots[(k * width) + j];
                }
            }
        }

        return inverse;
    }

    public void WriteState(BinaryWriter writer)
    {
        foreach (double number in (double[])[.. _scales, .. _projection, .. _triangle, Tangent, Offset])
        {
            writer.Write(number);
        }

        Array.ForEach(_isHeld, writer.Write);
        Array.ForEach(_order, writer.Write);
    }

    public void ReadState(BinaryReader reader)
    {
        foreach (double[] numbers in new[] { _scales, _projection, _triangle })
        {
            for (int i = 0; i < numbers.Length; i++)
            {
                numbers[i] = reader.ReadDouble();
            }
        }

        (Tangent, Offset) = (reader.ReadDouble(), reader.ReadDouble());
        for (int j = 0; j < width; j++)
        {
            _isHeld[j] = reader.ReadBoolean();
        }

        for (int k = 0; k < width; k++)
        {
            _order[k] = reader.ReadInt32();
        }
    }

    private static void Weigh(ReadOnlySpan<double> source, ReadOnlySpan<double> roots, Span<double> target)
    {
        if (roots.IsEmpty)
        {
            source.CopyTo(target);
        }
        else
        {
            TensorPrimitives.Multiply(source, roots, target);
        }
    }

    private Span<double> Column(int parameter) => _columns.AsSpan(parameter * _rows, _rows);

    private int CountDetermined()
    {
        int determined = 0;
        for (int left = width; determined < left;)
        {
            if (IsDetermined(determined))
            {
                determined++;
            }
            else if (determined < --left)
            {
                MoveToEnd(determined);
            }
        }

        return determined;
    }

    private void MoveToEnd(int column)
    {
        ClearBelowDiagonal();
        Span<double> moved = stackalloc double[width];
        int parameter = _order[column];
        _triangle.AsSpan(column * width, width).CopyTo(moved);
        _triangle.AsSpan((column + 1) * width).CopyTo(_triangle.AsSpan(column * width));
        moved.CopyTo(_triangle.AsSpan((width - 1) * width));
        _order.AsSpan(column + 1).CopyTo(_order.AsSpan(column));
        _order[^1] = parameter;
        HouseholderQr.Factor(_triangle, width, _projection);
    }

    // The last factorisation left its reflectors there.
    private void ClearBelowDiagonal()
    {
        for (int j = 0; j < width; j++)
        {
            _triangle.AsSpan((j * width) + j + 1, width - j - 1).Clear();
        }
    }

    private bool IsDetermined(int column) => Math.Abs(_triangle[(column * width) + column]) > RankLimit;

    // From the order and the scales of the columns to those of the parameters.
    private void Unscale(Span<double> step)
    {
        Span<double> scaled = stackalloc double[width];
        step.CopyTo(scaled);
        for (int k = 0; k < width; k++)
        {
            int j = _order[k];
            step[j] = _isHeld[j] || _scales[j] == 0 ? 0 : scaled[k] / _scales[j];
        }
    }
}
