using TensorPrimitives = System.Numerics.Tensors.TensorPrimitives;

namespace Microsoft.ML.Implicit.Solvers.Optimization.Searches;

/// <summary>
/// The search of one row for the parameters of least squares, told what it asks for: residuals at its candidate and, where it accepts that, their Jacobian. Levenberg's and
/// Marquardt's method with the scaling of Moré (1978), the damping of Nielsen (1999) and steps that end at bounds; or Gauss and Newton's, which shortens steps instead.
/// </summary>
/// <remarks>All decisions are ratios of quantities of one unit, so that the units of parameters and of residuals do not matter.</remarks>
internal sealed class LeastSquaresSearch : RowSearch
{
    private const double FirstDamping = 100;

    // Steps that rounding may hide without the offset becoming smaller, before it is taken for what can be reached.
    private const int Patience = 6;
    private const double LargestDamping = 1e16;
    private const double SmallestLength = 1e-10;
    private const double SufficientGain = 1e-4;
    private const double Epsilon = 2.220446049250313e-16;

    // What is left of the residuals in the tangent space where rounding keeps it from the tolerance.
    private const double AcceptableOffset = 1e-6;

    private readonly LeastSquaresSettings _settings;
    private readonly RobustLoss _loss;
    private readonly bool _isDamped;
    private readonly double[] _scales;
    private readonly double[] _step;
    private readonly double[] _scaledStep;
    private readonly double[] _projection;
    private readonly double[] _triangle;
    private readonly double[] _damped;
    private readonly double[] _dampedRight;
    private readonly double[] _lower;
    private readonly double[] _upper;
    private readonly bool[] _isHeld;
    private double[] _residuals = [];
    private double[] _right = [];
    private double[] _columns = [];
    private int _count;
    private double _cost;
    private double _observedCost;
    private double _predicted;
    private double _damping;
    private double _growth;
    private double _offset;
    private double _leastOffset;
    private int _misses;
    private bool _isFirst;
    private bool _isNoise;

    public LeastSquaresSearch(int width, LeastSquaresSettings settings, RobustLoss loss, bool isDamped = true)
        : base(width)
    {
        (_settings, _loss, _isDamped) = (settings, loss, isDamped);
        (_scales, _step, _scaledStep, _projection) = (new double[width], new double[width], new double[width], new double[width]);
        (_lower, _upper, _isHeld) = (new double[width], new double[width], new bool[width]);
        (_triangle, _damped, _dampedRight) = (new double[width * width], new double[2 * width * width], new double[2 * width]);
    }

    /// <summary>Sum of the losses of the residuals at the best point.</summary>
    public override double Value => _cost;

    /// <summary>Whether a parameter lies at a bound that keeps it from moving on.</summary>
    public bool IsHeld(int parameter) => _isHeld[parameter];

    /// <summary>Sets out from a point.</summary>
    /// <param name="start">Where to set out; moved to within the bounds.</param>
    /// <param name="lower">Lower bounds, or empty for none.</param>
    /// <param name="upper">Upper bounds, or empty for none.</param>
    /// <param name="count">Number of residuals.</param>
    public void Begin(ReadOnlySpan<double> start, ReadOnlySpan<double> lower, ReadOnlySpan<double> upper, int count)
    {
        Fill(_lower, lower, double.NegativeInfinity);
        Fill(_upper, upper, double.PositiveInfinity);
        for (int j = 0; j < Width; j++)
        {
            Candidate[j] = Clamp(start[j], j);
        }

        Candidate.CopyTo(Point);
        _scales.AsSpan().Clear();
        _isHeld.AsSpan().Clear();
        _count = count;
        int rows = Math.Max(count, Width);
        if (_residuals.Length < rows)
        {
            (_residuals, _right, _columns) = (new double[rows], new double[rows], new double[rows * Width]);
        }

        (_isFirst, _isNoise, Tries, _misses, _cost, _offset, _leastOffset) = (true, false, 0, 0, double.PositiveInfinity, double.PositiveInfinity, double.PositiveInfinity);
        (_damping, _growth, Status) = (_isDamped ? FirstDamping : 0, 2, null);
    }

    /// <summary>Takes the residuals at the candidate.</summary>
    /// <returns>Whether it is accepted, so that the Jacobian there is asked for.</returns>
    public override bool Observe(ReadOnlySpan<double> residuals)
    {
        double cost = _loss.IsSquares ? 0.5 * TensorPrimitives.SumOfSquares(residuals) : RobustCost(residuals);
        bool isFinite = double.IsFinite(cost);
        _observedCost = isFinite ? cost : double.PositiveInfinity;
        if (_isFirst)
        {
            Status = isFinite ? null : SolveStatus.Diverged;
            _isFirst = false;
            return isFinite && Accept(residuals);
        }

        Tries++;
        double gain = (_cost - _observedCost) / _predicted;

        // Where rounding hides what a step gains, the next offset tells whether it was one.
        double noise = Epsilon * (8 + (Magnitude() / Math.Sqrt((2 * _cost) + double.Epsilon)));
        _isNoise = _predicted <= noise * _cost;
        if (gain >= SufficientGain || (_isNoise && _observedCost <= _cost * (1 + (16 * noise))))
        {
            double smoothed = double.IsFinite(gain) && !_isNoise ? 1 - Math.Pow((2 * gain) - 1, 3) : 0;
            _damping = _isDamped ? _damping * Math.Clamp(smoothed, 0.03, 2) : 0;
            _growth = 2;
            return Accept(residuals);
        }

        if (_isNoise && ++_misses > Patience)
        {
            End(SolveStatus.StepUnderflow);
        }
        else if (Tries >= _settings.MaximumIterations)
        {
            Status = SolveStatus.MaximumIterations;
        }
        else
        {
            Retreat();
        }

        return false;
    }

    /// <summary>Takes the Jacobian at the point that was accepted, and asks for the next or ends.</summary>
    /// <param name="jacobian">Derivatives of the residuals, parameter by parameter, each <c>count</c> long.</param>
    public override void Linearize(ReadOnlySpan<double> jacobian)
    {
        int rows = Math.Max(_count, Width);
        Span<double> columns = _columns.AsSpan(0, rows * Width), right = _right.AsSpan(0, rows);
        columns.Clear();
        right.Clear();
        _residuals.AsSpan(0, _count).CopyTo(right);
        Weigh(right[.._count]);
        for (int j = 0; j < Width; j++)
        {
            Span<double> column = columns.Slice(j * rows, _count);
            jacobian.Slice(j * _count, _count).CopyTo(column);
            Weigh(column);
            double norm = Math.Sqrt(TensorPrimitives.SumOfSquares<double>(column));
            if (!double.IsFinite(norm))
            {
                Status = SolveStatus.Diverged;
                return;
            }

            _scales[j] = Math.Max(norm, 0.1 * _scales[j]);
            double slope = TensorPrimitives.Dot<double>(column, right[.._count]);
            _isHeld[j] = _lower[j] == _upper[j] || (Point[j] <= _lower[j] && slope > 0) || (Point[j] >= _upper[j] && slope < 0);
            TensorPrimitives.Multiply(column, _isHeld[j] || _scales[j] == 0 ? 0 : 1 / _scales[j], column);
        }

        double total = Math.Sqrt(TensorPrimitives.SumOfSquares<double>(right));
        HouseholderQr.Factor(columns, rows, right);
        right[..Width].CopyTo(_projection);
        double tangent = 0;
        for (int j = 0; j < Width; j++)
        {
            columns.Slice(j * rows, Width).CopyTo(_triangle.AsSpan(j * Width));
            tangent += Math.Abs(_triangle[(j * Width) + j]) > RankLimit ? _projection[j] * _projection[j] : 0;
        }

        tangent = Math.Sqrt(tangent);
        double offset = total == 0 ? 0 : tangent / total;
        _misses = offset < _leastOffset ? 0 : _misses + 1;
        _leastOffset = Math.Min(_leastOffset, offset);
        _offset = offset;
        if (_offset <= _settings.Tolerance || tangent <= 4 * Epsilon * Magnitude())
        {
            Status = IsSingular() ? SolveStatus.Singular : SolveStatus.Converged;
        }
        else if (_isNoise && _misses > Patience)
        {
            End(SolveStatus.StepUnderflow);
        }
        else if (Tries >= _settings.MaximumIterations)
        {
            Status = SolveStatus.MaximumIterations;
        }
        else
        {
            Propose();
        }
    }

    /// <summary>(JᵀJ)⁻¹ of the weighted Jacobian at the point, without the parameters that a bound holds.</summary>
    public double[] InverseInformation()
    {
        double[] inverse = new double[Width * Width], unit = new double[Width], roots = new double[Width * Width];
        for (int k = 0; k < Width; k++)
        {
            unit.AsSpan().Clear();
            unit[k] = 1;
            HouseholderQr.BackSubstitute(_triangle, Width, unit, RankLimit);
            unit.CopyTo(roots, k * Width);
        }

        for (int i = 0; i < Width; i++)
        {
            for (int j = 0; j < Width; j++)
            {
                double sum = 0;
                for (int k = 0; k < Width; k++)
                {
                    sum += roots[(k * Width) + i] * roots[(k * Width) + j];
                }

                inverse[(i * Width) + j] = sum / _scales[i] / _scales[j];
            }
        }

        return inverse;
    }

    // Columns have at most the length one.
    private double RankLimit => Width * 8 * Epsilon;

    private static void Fill(double[] target, ReadOnlySpan<double> values, double absent)
    {
        if (values.IsEmpty)
        {
            Array.Fill(target, absent);
        }
        else
        {
            values.CopyTo(target);
        }
    }

    // A loss that is bounded hides a residual that is not finite.
    private double RobustCost(ReadOnlySpan<double> residuals)
    {
        double cost = 0;
        foreach (double residual in residuals)
        {
            cost += double.IsFinite(residual) ? _loss.Value(residual) : double.PositiveInfinity;
        }

        return cost;
    }

    private void Weigh(Span<double> values)
    {
        for (int i = 0; i < values.Length && !_loss.IsSquares; i++)
        {
            values[i] *= Math.Sqrt(_loss.Weight(_residuals[i]));
        }
    }

    private double Clamp(double value, int parameter) => Math.Min(Math.Max(value, _lower[parameter]), _upper[parameter]);

    // The largest part that a parameter has in the values of the model, to which rounding is relative.
    private double Magnitude()
    {
        double largest = 0;
        for (int j = 0; j < Width; j++)
        {
            largest = Math.Max(largest, _scales[j] * Math.Abs(Point[j]));
        }

        return largest;
    }

    private bool IsSingular()
    {
        for (int j = 0; j < Width; j++)
        {
            if (!_isHeld[j] && Math.Abs(_triangle[(j * Width) + j]) <= RankLimit)
            {
                return true;
            }
        }

        return false;
    }

    private bool Accept(ReadOnlySpan<double> residuals)
    {
        residuals.CopyTo(_residuals);
        Candidate.CopyTo(Point);
        _cost = _observedCost;
        return true;
    }

    private void End(SolveStatus otherwise) =>
        Status = _offset > AcceptableOffset ? otherwise : IsSingular() ? SolveStatus.Singular : SolveStatus.Converged;

    private void Retreat()
    {
        if (_isDamped)
        {
            _damping *= _growth;
            _growth *= 2;
            Propose();
        }
        else
        {
            TensorPrimitives.Multiply(_step, 0.5, _step);
            _growth *= 2;
            Try(_growth * SmallestLength < 1);
        }
    }

    private void Propose()
    {
        if (!_isDamped)
        {
            TensorPrimitives.Negate(_projection, _step);
            HouseholderQr.BackSubstitute(_triangle, Width, _step, RankLimit);
            _growth = 1;
            Try(true);
            return;
        }

        for (; _damping <= LargestDamping; _damping *= _growth, _growth *= 2)
        {
            Span<double> damped = _damped, right = _dampedRight;
            right.Clear();
            damped.Clear();
            for (int j = 0; j < Width; j++)
            {
                Span<double> column = damped.Slice(j * 2 * Width, 2 * Width);
                _triangle.AsSpan(j * Width, j + 1).CopyTo(column);
                column[Width + j] = Math.Sqrt(_damping);
                right[j] = -_projection[j];
            }

            HouseholderQr.Factor(damped, 2 * Width, right);
            right[..Width].CopyTo(_step);
            HouseholderQr.BackSubstitute(damped, 2 * Width, _step, 0);
            if (Move())
            {
                return;
            }
        }

        End(SolveStatus.StepUnderflow);
    }

    private void Try(bool isLongEnough)
    {
        if (!isLongEnough || !Move())
        {
            End(SolveStatus.StepUnderflow);
        }
    }

    /// <summary>Sets the candidate by the step, and what it should gain.</summary>
    /// <returns>Whether it should gain anything.</returns>
    private bool Move()
    {
        Span<double> scaled = _scaledStep;
        bool moves = false;
        for (int j = 0; j < Width; j++)
        {
            Candidate[j] = _isHeld[j] || _scales[j] == 0 ? Point[j] : Clamp(Point[j] + (_step[j] / _scales[j]), j);
            scaled[j] = (Candidate[j] - Point[j]) * _scales[j];
            moves |= Candidate[j] != Point[j];
        }

        double gain = 0;
        for (int i = 0; i < Width; i++)
        {
            double change = 0;
            for (int j = i; j < Width; j++)
            {
                change += _triangle[(j * Width) + i] * scaled[j];
            }

            gain -= change * (_projection[i] + (0.5 * change));
        }

        _predicted = gain;
        return moves && gain > 0;
    }
}
