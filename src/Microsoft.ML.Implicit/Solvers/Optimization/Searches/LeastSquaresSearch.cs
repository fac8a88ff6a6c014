using TensorPrimitives = System.Numerics.Tensors.TensorPrimitives;

namespace Microsoft.ML.Implicit.Solvers.Optimization.Searches;

/// <summary>
/// The search of one row for the parameters of least squares, told what it asks for: residuals at its candidate and, where it accepts that, their Jacobian. Levenberg's and
/// Marquardt's method with the scaling of Moré (1978), the damping of Nielsen (1999) and steps that end at bounds; or Gauss and Newton's, which shortens steps instead.
/// </summary>
/// <remarks>All decisions are ratios of quantities of one unit, so that the units of parameters and of residuals do not matter.</remarks>
internal sealed class LeastSquaresSearch : RowSearch
{
    private const double Epsilon32 = 1.1920929e-7;
    private const double Epsilon64 = 2.220446049250313e-16;
    private const double FirstDamping = 100;
    private const double LargestDamping = 1e16;

    // Where it is far below what two columns that are equal but for ten digits differ by.
    private const double SmallestDamping = 1e-24;
    private const double SmallestLength = 1e-10;
    private const double SufficientGain = 1e-4;

    // Steps that rounding may hide without the offset becoming smaller, before it is taken for what can be reached.
    private const int Patience = 6;

    private readonly LeastSquaresSettings _settings;
    private readonly bool _isDamped;
    private readonly double _epsilon;
    private readonly TangentSpace _tangent;
    private readonly double[] _step;
    private readonly double[] _move;
    private readonly double[] _lower;
    private readonly double[] _upper;
    private double[] _residuals = [];
    private double[] _roots = [];
    private int _count;
    private double _cost;
    private double _observedCost;
    private double _predicted;
    private double _damping;
    private double _growth;
    private double _leastOffset;
    private int _misses;
    private bool _isFirst;
    private bool _isNoise;
    private bool _isLast;

    public LeastSquaresSearch(int width, LeastSquaresSettings settings, RobustLoss loss, bool isDamped = true, bool isSingle = false)
        : base(width)
    {
        (_settings, Loss, _isDamped, _epsilon) = (settings, loss, isDamped, isSingle ? Epsilon32 : Epsilon64);
        (_step, _move, _lower, _upper) = (new double[width], new double[width], new double[width], new double[width]);
        _tangent = new TangentSpace(width, _epsilon);
    }

    /// <summary>Sum of the losses of the residuals at the best point.</summary>
    public override double Value => _cost;

    /// <summary>Loss of a residual, from the next <see cref="Begin"/> on.</summary>
    public RobustLoss Loss { get; set; }

    /// <summary>Whether a parameter lies at a bound that keeps it from moving on.</summary>
    public bool IsHeld(int parameter) => _tangent.IsHeld(parameter);

    /// <inheritdoc cref="TangentSpace.InverseInformation"/>
    public double[] InverseInformation() => _tangent.InverseInformation();

    /// <summary>Sets out from a point.</summary>
    /// <param name="start">Where to set out; moved to within the bounds.</param>
    /// <param name="lower">Lower bounds.</param>
    /// <param name="upper">Upper bounds.</param>
    /// <param name="count">Number of residuals.</param>
    public void Begin(ReadOnlySpan<double> start, ReadOnlySpan<double> lower, ReadOnlySpan<double> upper, int count)
    {
        lower.CopyTo(_lower);
        upper.CopyTo(_upper);
        for (int j = 0; j < Width; j++)
        {
            Candidate[j] = Clamp(start[j], j);
        }

        Candidate.CopyTo(Point);
        _tangent.Reset(count);
        _count = count;
        if (_residuals.Length < count)
        {
            (_residuals, _roots) = (new double[count], new double[count]);
        }

        (_isFirst, _isNoise, _isLast, Tries, _misses, _cost, _leastOffset) = (true, false, false, 0, 0, double.PositiveInfinity, double.PositiveInfinity);
        (_damping, _growth, Status) = (_isDamped ? FirstDamping : 0, 2, null);
    }

    /// <summary>Takes the residuals at the candidate.</summary>
    /// <returns>Whether it is accepted, so that the Jacobian there is asked for.</returns>
    public override bool Observe(ReadOnlySpan<double> residuals)
    {
        double cost = Loss.Total(residuals);
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
        double noise = _epsilon * (8 + (_tangent.Magnitude(Point) / Math.Sqrt((2 * _cost) + double.Epsilon)));
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
            End();
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
        for (int i = 0; i < _count && !Loss.IsSquares; i++)
        {
            _roots[i] = Math.Sqrt(Loss.Weight(_residuals[i]));
        }

        if (!_tangent.Load(jacobian, _residuals.AsSpan(0, _count), Loss.IsSquares ? default : _roots.AsSpan(0, _count)))
        {
            Status = SolveStatus.Diverged;
            return;
        }

        for (int j = 0; j < Width; j++)
        {
            if (_lower[j] == _upper[j] || (Point[j] <= _lower[j] && _tangent.Slope(j) > 0) || (Point[j] >= _upper[j] && _tangent.Slope(j) < 0))
            {
                _tangent.Hold(j);
            }
        }

        _tangent.Factor();
        _isLast &= !(_tangent.Offset < 0.5 * _leastOffset);
        _misses = _tangent.Offset < _leastOffset ? 0 : _misses + 1;
        _leastOffset = Math.Min(_leastOffset, _tangent.Offset);
        if (_tangent.Offset <= _settings.Tolerance || _tangent.Tangent <= 4 * _epsilon * _tangent.Magnitude(Point))
        {
            Status = _tangent.IsSingular() ? SolveStatus.Singular : SolveStatus.Converged;
        }
        else if (_isNoise && _misses > Patience)
        {
            End();
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

    /// <summary>Keeps where the search stands after <see cref="Linearize"/>.</summary>
    public void WriteState(BinaryWriter writer)
    {
        foreach (double number in (double[])[.. Point, .. Candidate, .. _step, _cost, _predicted, _damping, _growth, _leastOffset])
        {
            writer.Write(number);
        }

        writer.Write(Tries);
        writer.Write(_misses);
        writer.Write(_isNoise);
        writer.Write(Status is { } status ? (int)status : -1);
        _tangent.WriteState(writer);
    }

    /// <summary>Goes on from where <see cref="WriteState"/> left a search of the same residuals that was begun with <see cref="Begin"/>.</summary>
    public void ReadState(BinaryReader reader)
    {
        Read(Point);
        Read(Candidate);
        Read(_step);
        (_cost, _predicted, _damping, _growth, _leastOffset) = (reader.ReadDouble(), reader.ReadDouble(), reader.ReadDouble(), reader.ReadDouble(), reader.ReadDouble());
        (Tries, _misses, _isNoise) = (reader.ReadInt32(), reader.ReadInt32(), reader.ReadBoolean());
        Status = reader.ReadInt32() is >= 0 and var status ? (SolveStatus)status : null;
        _isFirst = false;
        _tangent.ReadState(reader);

        void Read(Span<double> numbers)
        {
            for (int i = 0; i < numbers.Length; i++)
            {
                numbers[i] = reader.ReadDouble();
            }
        }
    }

    private double Clamp(double value, int parameter) => Math.Min(Math.Max(value, _lower[parameter]), _upper[parameter]);

    private bool Accept(ReadOnlySpan<double> residuals)
    {
        residuals.CopyTo(_residuals);
        Candidate.CopyTo(Point);
        _cost = _observedCost;
        return true;
    }

    // No step gains anything that rounding does not hide. The cost is blind to offsets below the root of what rounding is, and damped steps to valleys as narrow as that, which only
    // Gauss and Newton's lead along: of a frequency and a phase far from time zero.
    private void End()
    {
        double acceptable = 64 * Math.Sqrt(_epsilon);
        if (_tangent.Offset > acceptable && _isDamped && !_isLast && Tries < _settings.MaximumIterations)
        {
            (_isLast, _misses, _damping, _growth) = (true, 0, SmallestDamping, 2);
            Propose();
            return;
        }

        Status = _tangent.Offset > acceptable ? SolveStatus.StepUnderflow : _tangent.IsSingular() ? SolveStatus.Singular : SolveStatus.Converged;
    }

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
            _tangent.Undamped(_step);
            _growth = 1;
            Try(true);
            return;
        }

        for (; _damping <= LargestDamping; _damping *= _growth, _growth *= 2)
        {
            _tangent.Damped(_damping, _step);
            if (Move())
            {
                return;
            }
        }

        End();
    }

    private void Try(bool isLongEnough)
    {
        if (!isLongEnough || !Move())
        {
            End();
        }
    }

    /// <summary>Sets the candidate by the step, and what it should gain.</summary>
    /// <returns>Whether it should gain anything.</returns>
    private bool Move()
    {
        bool moves = false;
        for (int j = 0; j < Width; j++)
        {
            Candidate[j] = Clamp(Point[j] + _step[j], j);
            _move[j] = Candidate[j] - Point[j];
            moves |= _move[j] != 0;
        }

        _predicted = _tangent.Gain(_move);
        return moves && _predicted > 0;
    }
}
