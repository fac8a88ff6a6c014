namespace Microsoft.ML.Implicit.Solvers.Optimization.Searches;

/// <summary>
/// Newton's method with as much of the Hessian's diagonal added as makes it positive definite and its steps gain what they promise (Levenberg's damping of a trust region; Nocedal
/// and Wright 2006, section 4.1), and steps that end at bounds (Bertsekas, 1982).
/// </summary>
internal sealed class NewtonSearch : BoxedSearch
{
    private const double SufficientGain = 1e-4;
    private const double SmallestDamping = 1e-10;
    private const double VanishingDamping = 1e-6;
    private const double LargestDamping = 1e16;

    // Damping below it leaves a step the undamped one.
    private const double Negligible = 1e-8;

    private readonly double[] _hessian;
    private readonly double[] _factor;
    private readonly double[] _scales;
    private readonly double[] _step;
    private double _damping;
    private double _predicted;
    private bool _isOver;

    public NewtonSearch(SearchStart start)
        : base(start) =>
        (_hessian, _factor, _scales, _step) = (new double[Width * Width], new double[Width * Width], new double[Width], new double[Width]);

    public override bool Observe(ReadOnlySpan<double> values)
    {
        double value = values[0];
        if (!HasStarted)
        {
            return Begin(value);
        }

        Tries++;
        bool isNoise = IsNoise(_predicted);
        double gain = (Current - value) / _predicted;
        if (gain >= SufficientGain || (isNoise && Math.Abs(value - Current) <= 16 * Math.Max(_predicted, double.Epsilon) + (1e-15 * Math.Abs(Current))))
        {
            _damping = gain > 0.75 || isNoise ? _damping / 10 : gain < 0.25 ? _damping * 4 : _damping;
            _damping = _damping < VanishingDamping ? 0 : _damping;
            Accept(value);
            _isOver = HasRunOut(isNoise);
            return Status is null;
        }

        if (HasRunOut(isNoise))
        {
            Status = Ending(SolveStatus.StepUnderflow);
        }
        else if (Tries >= MaximumTries)
        {
            Status = SolveStatus.MaximumIterations;
        }
        else
        {
            _damping = Math.Max(_damping * 4, 1e-3);
            Propose();
        }

        return false;
    }

    public override void Linearize(ReadOnlySpan<double> derivatives)
    {
        if (!TakeGradient(derivatives))
        {
            return;
        }

        derivatives.Slice(Width, Width * Width).CopyTo(_hessian);
        if (!Array.TrueForAll(_hessian, double.IsFinite))
        {
            Status = SolveStatus.Diverged;
            return;
        }

        for (int j = 0; j < Width; j++)
        {
            double curvature = Math.Abs(_hessian[(j * Width) + j]);
            _scales[j] = Math.Max(curvature, 0.1 * _scales[j]);
            _scales[j] = _scales[j] > 0 ? _scales[j] : Gradient[j] != 0 ? Math.Abs(Gradient[j]) / (Reach(j) > 0 ? Reach(j) : 1) : 1;
        }

        if (_isOver || Tries >= MaximumTries)
        {
            Status = _isOver ? Ending(SolveStatus.StepUnderflow) : SolveStatus.MaximumIterations;
            return;
        }

        Propose();
    }

    /// <summary>What the undamped Hessian says of the point: a minimum, one of many, or, where it is neither, something else.</summary>
    private SolveStatus Ending(SolveStatus otherwise)
    {
        _damping = 0;
        if (Factor())
        {
            return SolveStatus.Converged;
        }

        _damping = Negligible;
        return Factor() ? SolveStatus.Singular : otherwise;
    }

    // Curvatures are at most 1 in their scales, so that more damping than is needed would shorten steps manyfold where they are negative.
    private void Propose()
    {
        for (; _damping <= LargestDamping; _damping = Math.Max(_damping * (_damping < 1 ? 10 : 2), SmallestDamping))
        {
            if (!Factor() || !Move())
            {
                continue;
            }

            bool isStationary = IsStationary();
            if (isStationary || (_damping <= Negligible && IsShort(_step)))
            {
                Status = Ending(isStationary ? SolveStatus.NonConvex : SolveStatus.StepUnderflow);
            }

            return;
        }

        Status = SolveStatus.StepUnderflow;
    }

    private bool IsStationary()
    {
        for (int j = 0; j < Width; j++)
        {
            if (Gradient[j] != 0 && !IsHeld(j))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Cholesky's factor of D⁻½ H D⁻½ + λ I for the unknowns that bounds do not hold.</summary>
    private bool Factor()
    {
        for (int i = 0; i < Width; i++)
        {
            for (int j = 0; j <= i; j++)
            {
                bool isFree = !IsHeld(i) && !IsHeld(j);
                double entry = isFree ? 0.5 * (_hessian[(i * Width) + j] + _hessian[(j * Width) + i]) / Math.Sqrt(_scales[i]) / Math.Sqrt(_scales[j]) : 0;
                entry += i != j ? 0 : isFree ? _damping : 1;
                for (int k = 0; k < j; k++)
                {
                    entry -= _factor[(i * Width) + k] * _factor[(j * Width) + k];
                }

                if (i > j)
                {
                    _factor[(i * Width) + j] = entry / _factor[(j * Width) + j];
                }
                else if (entry > 1e-15)
                {
                    _factor[(i * Width) + i] = Math.Sqrt(entry);
                }
                else
                {
                    return false;
                }
            }
        }

        return true;
    }

    private bool Move()
    {
        for (int i = 0; i < Width; i++)
        {
            double entry = IsHeld(i) ? 0 : -Gradient[i] / Math.Sqrt(_scales[i]);
            for (int k = 0; k < i; k++)
            {
                entry -= _factor[(i * Width) + k] * _step[k];
            }

            _step[i] = entry / _factor[(i * Width) + i];
        }

        for (int i = Width - 1; i >= 0; i--)
        {
            for (int k = i + 1; k < Width; k++)
            {
                _step[i] -= _factor[(k * Width) + i] * _step[k];
            }

            _step[i] /= _factor[(i * Width) + i];
        }

        for (int i = 0; i < Width; i++)
        {
            Candidate[i] = Clamp(Point[i] + (_step[i] / Math.Sqrt(_scales[i])), i);
            _step[i] = Candidate[i] - Point[i];
        }

        double slope = 0, curvature = 0;
        for (int i = 0; i < Width; i++)
        {
            slope += Gradient[i] * _step[i];
            for (int j = 0; j < Width; j++)
            {
                curvature += _step[i] * _hessian[(i * Width) + j] * _step[j];
            }
        }

        _predicted = -slope - (0.5 * curvature);
        return _predicted > 0 || IsShort(_step);
    }
}
