using static TorchSharp.torch;
using TensorPrimitives = System.Numerics.Tensors.TensorPrimitives;

namespace Microsoft.ML.Implicit.Solvers.Optimization.Searches;

/// <summary>
/// A quasi-Newton method with steps that meet the weak conditions of Wolfe, found by bisection (Lewis and Overton, 2013). The first step is a tenth of the unknowns' own size, so
/// that neither the unit of the objective nor a common unit of the unknowns matters.
/// </summary>
internal sealed class QuasiNewtonSearch : BoxedSearch
{
    private const double SufficientDecrease = 1e-4;
    private const double SufficientFlattening = 0.9;
    private const double FirstStep = 0.1;

    // Of the squared cosine.
    private const double SameDirection = 0.9;

    private const int MostBisections = 60;
    private const int MostTries = 2000;

    private readonly IInverseHessian _inverse;
    private readonly double[] _direction;
    private readonly double[] _origin;
    private readonly double[] _originGradient;
    private readonly double[] _change;
    private readonly double[] _gradientChange;
    private double _originValue;
    private double _slope;
    private double _length;
    private double _shortest;
    private double _longest;
    private int _bisections;
    private bool _isSearching;
    private bool _isReset;

    public QuasiNewtonSearch(SearchStart start, IInverseHessian inverse)
        : base(start)
    {
        _inverse = inverse;
        (_direction, _origin, _originGradient, _change, _gradientChange) = (new double[Width], new double[Width], new double[Width], new double[Width], new double[Width]);
    }

    /// <summary>Searches for minima of a batch of rows, with an inverse Hessian that is created for a row's unknowns.</summary>
    /// <exception cref="ArgumentException">There are bounds.</exception>
    public static MinimizationResult Minimize(
        IRowObjective objective,
        IReadOnlyList<Tensor> inputs,
        Tensor initial,
        Bounds? bounds,
        MinimizerSettings settings,
        Func<int, IInverseHessian> createInverse,
        CancellationToken cancellationToken) => bounds is null
            ? Minimization.Run(
                objective, inputs, initial, bounds, settings, MostTries, hasHessian: false, start => new QuasiNewtonSearch(start, createInverse(start.Point.Length)), cancellationToken)
            : throw new ArgumentException("This method has no bounds; NewtonMinimizer and ProjectedGradientMinimizer have.", nameof(bounds));

    public override bool Observe(ReadOnlySpan<double> values)
    {
        double value = values[0];
        if (!HasStarted)
        {
            return Begin(value);
        }

        Tries++;
        double limit = _originValue + (SufficientDecrease * _length * _slope);
        bool isNoise = IsNoise(-_length * _slope) && value <= _originValue + (1e-14 * Math.Abs(_originValue));
        if (value <= limit || isNoise)
        {
            Accept(value);
            return Status is null;
        }

        _longest = _length;
        Bisect();
        return false;
    }

    public override void Linearize(ReadOnlySpan<double> derivatives)
    {
        if (!TakeGradient(derivatives))
        {
            return;
        }

        if (_isSearching)
        {
            double slope = TensorPrimitives.Dot<double>(Gradient, _direction);
            if (slope < SufficientFlattening * _slope && Tries < MaximumTries && !IsNoise(-_length * _slope))
            {
                _shortest = _length;
                Bisect();
                return;
            }

            TensorPrimitives.Subtract<double>(Point, _origin, _change);
            TensorPrimitives.Subtract<double>(Gradient, _originGradient, _gradientChange);
            _inverse.Update(_change, _gradientChange);
            _isReset = false;
        }

        if (Tries >= MaximumTries)
        {
            Status = SolveStatus.MaximumIterations;
            return;
        }

        Start(HasRunOut(_isSearching && IsNoise(-_length * _slope)));
    }

    private void Start(bool isOver)
    {
        Point.CopyTo(_origin);
        Gradient.CopyTo(_originGradient, 0);
        _originValue = Current;
        if (isOver || Array.TrueForAll(Gradient, slope => slope == 0))
        {
            Status = SolveStatus.Converged;
            return;
        }

        if (_isSearching)
        {
            Aim();

            // Where the last step went another way the curvature along a short one may not be known: searching it tells.
            if (IsShort(_direction) && (IsShort(_change) || GoesOn()))
            {
                Status = SolveStatus.Converged;
                return;
            }
        }

        if (!_isSearching || !(_slope < 0))
        {
            Restart();
        }

        (_isSearching, _shortest, _longest, _length, _bisections) = (true, 0, double.PositiveInfinity, 1, 0);
        Try();
    }

    // Whether the direction is that of the last step, along which the curvature is known, in units of the unknowns' own size.
    private bool GoesOn()
    {
        double product = 0, direction = 0, change = 0;
        for (int j = 0; j < Width; j++)
        {
            double weight = Reach(j) > 0 ? 1 / (Reach(j) * Reach(j)) : 1;
            product += weight * _direction[j] * _change[j];
            direction += weight * _direction[j] * _direction[j];
            change += weight * _change[j] * _change[j];
        }

        return product * product > SameDirection * direction * change;
    }

    // Steepest descent in units of the unknowns' own size.
    private void Restart()
    {
        double norm = 0;
        Span<double> scales = _change;
        for (int j = 0; j < Width; j++)
        {
            double reach = Reach(j) > 0 ? Reach(j) : 1;
            scales[j] = reach * reach;
            norm += _originGradient[j] * _originGradient[j] * scales[j];
        }

        _inverse.Reset(scales, FirstStep / Math.Sqrt(norm));
        Aim();
        _isReset = true;
    }

    private void Aim()
    {
        _inverse.Apply(_originGradient, _direction);
        TensorPrimitives.Negate(_direction, _direction);
        _slope = TensorPrimitives.Dot<double>(_originGradient, _direction);
    }

    private void Bisect()
    {
        if (Tries >= MaximumTries)
        {
            Status = SolveStatus.MaximumIterations;
            return;
        }

        if (++_bisections > MostBisections)
        {
            // What was accepted on the way is kept; a direction that leads nowhere is given up for the gradient's, once.
            if (_isReset)
            {
                Status = double.IsInfinity(_longest) ? SolveStatus.Unbounded : SolveStatus.StepUnderflow;
                return;
            }

            Restart();
            (_shortest, _longest, _length, _bisections) = (0, double.PositiveInfinity, 1, 0);
            Try();
            return;
        }

        _length = double.IsInfinity(_longest) ? 2 * _length : 0.5 * (_shortest + _longest);
        Try();
    }

    private void Try()
    {
        for (int j = 0; j < Width; j++)
        {
            Candidate[j] = _origin[j] + (_length * _direction[j]);
        }
    }
}
