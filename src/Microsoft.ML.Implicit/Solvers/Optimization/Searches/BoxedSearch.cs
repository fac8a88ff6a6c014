using Microsoft.ML.Implicit.Numerics;

namespace Microsoft.ML.Implicit.Solvers.Optimization.Searches;

/// <summary>A search for a minimum of a function within bounds.</summary>
internal abstract class BoxedSearch : RowSearch
{
    private const double Epsilon32 = 1.1920929e-7;
    private const double Epsilon64 = 2.220446049250313e-16;

    // Steps that rounding may hide before what was reached is taken for what can be.
    private const int Patience = 6;

    // Unknowns that are zero at first set out in steps that may be very small beside where a minimum is.
    private const int EndlessDoublings = 60;

    private readonly double[] _lower;
    private readonly double[] _upper;
    private readonly double[] _reach;
    private readonly double _tolerance;
    private readonly double _epsilon;
    private readonly EndlessDescent _descent = new(EndlessDoublings);
    private int _misses;

    protected BoxedSearch(SearchStart start)
        : base(start.Point.Length)
    {
        (_lower, _upper, _tolerance, MaximumTries) = (start.Lower, start.Upper, start.Tolerance, start.MaximumTries);
        _epsilon = start.IsSingle ? Epsilon32 : Epsilon64;
        _reach = new double[Width];
        Gradient = new double[Width];
        for (int j = 0; j < Width; j++)
        {
            Point[j] = Candidate[j] = Clamp(start.Point[j], j);
            _reach[j] = Math.Abs(Point[j]);
        }
    }

    public override double Value => Current;

    protected double[] Gradient { get; }

    protected double Current { get; private set; } = double.PositiveInfinity;

    protected int MaximumTries { get; }

    protected bool HasStarted { get; private set; }

    /// <summary>How far an unknown has been from zero, the unit in which its steps are measured.</summary>
    protected double Reach(int unknown) => _reach[unknown];

    protected double Clamp(double value, int unknown) => Math.Min(Math.Max(value, _lower[unknown]), _upper[unknown]);

    /// <summary>Whether a bound keeps an unknown from moving downhill.</summary>
    protected bool IsHeld(int unknown) =>
        _lower[unknown] == _upper[unknown] || (Point[unknown] <= _lower[unknown] && Gradient[unknown] > 0) || (Point[unknown] >= _upper[unknown] && Gradient[unknown] < 0);

    /// <summary>Takes the first value.</summary>
    protected bool Begin(double value)
    {
        HasStarted = true;
        Status = double.IsFinite(value) ? null : SolveStatus.Diverged;
        Current = value;
        _descent.Add(Farthest(), value);
        return double.IsFinite(value);
    }

    /// <summary>Moves to the candidate.</summary>
    protected void Accept(double value)
    {
        for (int j = 0; j < Width; j++)
        {
            _reach[j] = Math.Max(_reach[j], Math.Max(Math.Abs(Candidate[j]), Math.Abs(Candidate[j] - Point[j])));
        }

        Candidate.CopyTo(Point);
        Current = value;
        _descent.Add(Farthest(), value);
        Status = double.IsNegativeInfinity(value) || _descent.Holds ? SolveStatus.Unbounded : Status;
    }

    private double Farthest() => _reach.Length == 0 ? 0 : _reach.Max();

    /// <summary>Takes a gradient.</summary>
    /// <returns>Whether it is finite; otherwise the search has ended.</returns>
    protected bool TakeGradient(ReadOnlySpan<double> gradient)
    {
        gradient[..Width].CopyTo(Gradient);
        if (!Array.TrueForAll(Gradient, double.IsFinite))
        {
            Status = SolveStatus.Diverged;
        }

        return Status is null;
    }

    /// <summary>Whether a step is too short to matter.</summary>
    protected bool IsShort(ReadOnlySpan<double> step)
    {
        for (int j = 0; j < Width; j++)
        {
            if (!(Math.Abs(step[j]) <= _tolerance * _reach[j]))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Whether rounding hides a gain.</summary>
    protected bool IsNoise(double predicted) => predicted <= 8 * _epsilon * Math.Abs(Current);

    /// <summary>Whether as many steps in a row were hidden by rounding as are waited for.</summary>
    protected bool HasRunOut(bool isNoise)
    {
        _misses = isNoise ? _misses + 1 : 0;
        return _misses > Patience;
    }
}
