using Microsoft.ML.Implicit.Numerics;
using TensorPrimitives = System.Numerics.Tensors.TensorPrimitives;

namespace Microsoft.ML.Implicit.Modelling.Curves;

/// <summary>The points of one row that are there.</summary>
internal sealed class CurveRow
{
    // Exponentials as steep as points tell, e-fold over a fiftieth of their span, leave the range of numbers about so many spans from zero.
    private const double FarSpans = 10;

    // Residuals of no more than these are no misfit.
    private const double RoundingErrors = 64;

    private double[] _inputs = [];
    private double[] _values = [];
    private double[] _roots = [];
    private bool _hasWeights;
    private int _inputCount;

    /// <summary>Number of points.</summary>
    public int Count { get; private set; }

    /// <summary>Inputs at the points, input by input.</summary>
    public ReadOnlySpan<double> Inputs => _inputs.AsSpan(0, _inputCount * Count);

    /// <summary>Values at the points.</summary>
    public ReadOnlySpan<double> Values => _values.AsSpan(0, Count);

    /// <summary>The largest value in magnitude, or 1 where all are zero.</summary>
    public double Magnitude { get; private set; }

    /// <summary>Root of the mean square of the weighted values.</summary>
    public double RootMeanSquare
    {
        get
        {
            double squares = 0;
            for (int i = 0; i < Count; i++)
            {
                double value = (_hasWeights ? _roots[i] : 1) * _values[i] / Magnitude;
                squares += value * value;
            }

            return Magnitude * Math.Sqrt(squares / Count);
        }
    }

    /// <summary>Residuals that rounding alone may leave.</summary>
    public double Rounding => RoundingErrors * MachineEpsilon.Double * RootMeanSquare;

    /// <summary>The loss of such residuals at all points.</summary>
    public double RoundingLoss => Count * Rounding * Rounding;

    /// <summary>Takes the points of a row, in the order of their inputs, whose value, inputs and weight are no NaN, and whose weight is not zero.</summary>
    /// <returns>Whether they can be fitted: no value, input or weight is infinite, no weight negative, and there is a point.</returns>
    public bool Read(CurvePoints points)
    {
        int length = points.Values.Length, count = 0;
        _inputCount = points.Inputs.Count;
        if (_values.Length < length)
        {
            (_inputs, _values, _roots) = (new double[length * _inputCount], new double[length], new double[length]);
        }

        _hasWeights = points.Weights is not null;
        bool isFinite = true;
        for (int i = 0; i < length; i++)
        {
            double weight = points.Weights?[i] ?? 1, sum = points.Values[i] + weight;
            for (int k = 0; k < _inputCount; k++)
            {
                double input = points.Inputs[k][points.Inputs[k].Length == 1 ? 0 : i];
                _inputs[(k * length) + count] = input;
                sum = double.IsNaN(input) ? double.NaN : double.IsFinite(input) ? sum : double.PositiveInfinity;
            }

            if (double.IsNaN(points.Values[i]) || double.IsNaN(weight) || double.IsNaN(sum) || weight == 0)
            {
                continue;
            }

            isFinite &= double.IsFinite(sum) && weight > 0;
            (_values[count], _roots[count]) = (points.Values[i], Math.Sqrt(weight));
            count++;
        }

        for (int k = 1; k < _inputCount && count < length; k++)
        {
            Array.Copy(_inputs, k * length, _inputs, k * count, count);
        }

        Count = count;
        Sort();
        double magnitude = count == 0 ? 0 : Math.Abs(TensorPrimitives.MaxMagnitude<double>(_values.AsSpan(0, count)));
        Magnitude = magnitude > 0 ? magnitude : 1;
        return isFinite && count > 0;
    }

    public (double Least, double Most) Range(int input)
    {
        ReadOnlySpan<double> values = _inputs.AsSpan(input * Count, Count);
        return (TensorPrimitives.Min(values), TensorPrimitives.Max(values));
    }

    /// <summary>How far an input reaches: over its range or, where it is the same at all points, from zero.</summary>
    public double Span(int input)
    {
        (double least, double most) = Range(input);
        return most > least ? most - least : most != 0 ? Math.Abs(most) : 1;
    }

    /// <summary>Whether an input begins many times farther from zero than it reaches.</summary>
    public bool IsFar(int input)
    {
        (double least, double most) = Range(input);
        return most > least && Math.Min(Math.Abs(least), Math.Abs(most)) > FarSpans * (most - least) && least * most > 0;
    }

    /// <summary>Weighted residuals of a curve.</summary>
    public void Residuals(ReadOnlySpan<double> curve, Span<double> residuals) => Residuals(curve, Values, residuals);

    /// <summary>Weighted differences between a curve and other values than those measured.</summary>
    public void Residuals(ReadOnlySpan<double> curve, ReadOnlySpan<double> values, Span<double> residuals)
    {
        TensorPrimitives.Subtract(curve, values, residuals);
        Weigh(residuals, residuals);
    }

    /// <summary>Multiplies with the roots of the weights.</summary>
    public void Weigh(ReadOnlySpan<double> source, Span<double> target)
    {
        if (_hasWeights)
        {
            TensorPrimitives.Multiply(source, _roots.AsSpan(0, Count), target);
        }
        else if (source != target)
        {
            source.CopyTo(target);
        }
    }

    // Sums, and with them the choice between equally good fits, would depend on the order in which the points are given.
    private void Sort()
    {
        int ordered = 1;
        while (ordered < Count && Compare(ordered - 1, ordered) <= 0)
        {
            ordered++;
        }

        if (ordered >= Count)
        {
            return;
        }

        int[] order = [.. Enumerable.Range(0, Count)];
        Array.Sort(order, Compare);
        double[] sorted = new double[Count];
        for (int k = 0; k < _inputCount; k++)
        {
            Permute(_inputs.AsSpan(k * Count, Count));
        }

        Permute(_values.AsSpan(0, Count));
        Permute(_roots.AsSpan(0, Count));

        void Permute(Span<double> numbers)
        {
            for (int i = 0; i < order.Length; i++)
            {
                sorted[i] = numbers[order[i]];
            }

            sorted.CopyTo(numbers);
        }
    }

    private int Compare(int left, int right)
    {
        int compared = 0;
        for (int k = 0; k < _inputCount && compared == 0; k++)
        {
            compared = _inputs[(k * Count) + left].CompareTo(_inputs[(k * Count) + right]);
        }

        compared = compared == 0 ? _values[left].CompareTo(_values[right]) : compared;
        return compared == 0 ? _roots[left].CompareTo(_roots[right]) : compared;
    }
}
