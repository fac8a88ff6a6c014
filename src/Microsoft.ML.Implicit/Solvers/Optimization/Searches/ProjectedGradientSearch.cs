using TensorPrimitives = System.Numerics.Tensors.TensorPrimitives;

namespace Microsoft.ML.Implicit.Solvers.Optimization.Searches;

/// <summary>Spectral projected gradients with a nonmonotone search (Birgin, Martínez and Raydan, 2000), in units of the unknowns' first size.</summary>
internal sealed class ProjectedGradientSearch : BoxedSearch
{
    private const double SufficientDecrease = 1e-4;
    private const int Memory = 10;
    private const int MostHalvings = 60;

    private readonly Queue<double> _recent = new();
    private readonly Queue<double> _recentSpectral = new();
    private readonly double[] _scales;
    private readonly double[] _step;
    private readonly double[] _longest;
    private readonly double[] _origin;
    private readonly double[] _originGradient;
    private double _spectral;
    private double _length;
    private double _slope;
    private int _halvings;

    public ProjectedGradientSearch(SearchStart start)
        : base(start)
    {
        (_scales, _step, _longest, _origin, _originGradient) = (new double[Width], new double[Width], new double[Width], new double[Width], new double[Width]);
        for (int j = 0; j < Width; j++)
        {
            _scales[j] = Reach(j) > 0 ? Reach(j) * Reach(j) : 1;
        }
    }

    public override bool Observe(ReadOnlySpan<double> values)
    {
        double value = values[0];
        if (!HasStarted)
        {
            return Begin(value);
        }

        Tries++;
        if (value <= _recent.Max() + (SufficientDecrease * _length * _slope) || (IsNoise(-_length * _slope) && value <= Current + (1e-14 * Math.Abs(Current))))
        {
            Accept(value);
            return Status is null;
        }

        _length *= 0.5;
        if (Tries >= MaximumTries)
        {
            Status = SolveStatus.MaximumIterations;
        }
        else if (++_halvings > MostHalvings)
        {
            Status = SolveStatus.StepUnderflow;
        }
        else
        {
            Try();
        }

        return false;
    }

    public override void Linearize(ReadOnlySpan<double> derivatives)
    {
        bool isFirst = _recent.Count == 0, isNoise = !isFirst && IsNoise(-_length * _slope);
        if (!TakeGradient(derivatives))
        {
            return;
        }

        Learn(isFirst);
        _recent.Enqueue(Current);
        _recentSpectral.Enqueue(_spectral);
        if (_recent.Count > Memory)
        {
            _recent.Dequeue();
            _recentSpectral.Dequeue();
        }

        Point.CopyTo(_origin);
        Gradient.CopyTo(_originGradient, 0);

        // Lengths vary by the condition of the Hessian from step to step: only the longest of late says how far away the minimum may be.
        double longest = _recentSpectral.Max();
        for (int j = 0; j < Width; j++)
        {
            _step[j] = Clamp(Point[j] - (_spectral * _scales[j] * Gradient[j]), j) - Point[j];
            _longest[j] = Clamp(Point[j] - (longest * _scales[j] * Gradient[j]), j) - Point[j];
        }

        _slope = TensorPrimitives.Dot<double>(Gradient, _step);
        if ((IsShort(_longest) && (!isFirst || _slope == 0)) || HasRunOut(isNoise))
        {
            Status = SolveStatus.Converged;
        }
        else if (Tries >= MaximumTries)
        {
            Status = SolveStatus.MaximumIterations;
        }
        else
        {
            (_length, _halvings) = (1, 0);
            Try();
        }
    }

    // Barzilai and Borwein's length: what the curvature along the last step says of the Hessian.
    private void Learn(bool isFirst)
    {
        double numerator = 0, denominator = 0;
        for (int j = 0; j < Width; j++)
        {
            double change = Point[j] - _origin[j];
            numerator += isFirst ? 0 : change * change / _scales[j];
            denominator += isFirst ? Gradient[j] * Gradient[j] * _scales[j] : change * (Gradient[j] - _originGradient[j]);
        }

        _spectral = isFirst ? (denominator > 0 ? 0.1 / Math.Sqrt(denominator) : 1)
            : denominator > 0 ? numerator / denominator
            : 10 * _spectral;
    }

    private void Try()
    {
        for (int j = 0; j < Width; j++)
        {
            Candidate[j] = Clamp(_origin[j] + (_length * _step[j]), j);
        }
    }
}
