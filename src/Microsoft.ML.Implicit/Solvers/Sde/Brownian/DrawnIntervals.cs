namespace Microsoft.ML.Implicit.Solvers.Sde.Brownian;

/// <summary>
/// The intervals of a path that were drawn last. Where they are asked for in turn, forward or backward, more and more of them are drawn at once, up to a limit:
/// a solve with as many fixed steps as there are intervals then waits for few draws, and a question out of turn costs no more than its own.
/// </summary>
/// <typeparam name="TValues">Values of intervals.</typeparam>
/// <param name="arithmetic">Arithmetic on them.</param>
/// <param name="clock">Division of time.</param>
internal sealed class DrawnIntervals<TValues>(IBrownianArithmetic<TValues> arithmetic, BrownianClock clock)
    where TValues : class
{
    private readonly int _limit = Math.Min(arithmetic.IntervalsAtOnce, clock.Intervals);
    private TValues? _values;
    private int _capacity;
    private long _first;
    private int _count;
    private bool _wantsAreas;
    private bool _hasAreas;

    /// <summary>Values on an interval; overwritten by a later call.</summary>
    /// <param name="interval">Its index.</param>
    /// <param name="withAreas">Whether areas are wanted beside increments.</param>
    public TValues At(long interval, bool withAreas)
    {
        _wantsAreas |= withAreas;
        if (interval < _first || interval >= _first + _count)
        {
            Choose(interval);
            Draw();
        }
        else if (withAreas && !_hasAreas)
        {
            Draw();
        }

        return arithmetic.Part(_values!, (int)(interval - _first));
    }

    private void Choose(long interval)
    {
        bool isBefore = _count > 0 && interval == _first - 1;
        bool isInTurn = isBefore || (_count > 0 && interval == _first + _count);
        int wanted = isInTurn ? Math.Min(2 * _count, _limit) : 1;
        _first = isBefore ? Math.Max(0, interval + 1 - wanted) : interval;
        _count = isBefore ? (int)(interval + 1 - _first) : (int)Math.Min(wanted, clock.Intervals - interval);
    }

    private void Draw()
    {
        if (_count > _capacity)
        {
            _capacity = _capacity == 0 ? 1 : _limit;
            _values = arithmetic.Create(_capacity);
        }

        _hasAreas = _wantsAreas;
        arithmetic.Draw(_values!, _first, _count, clock.Duration(clock.TicksPerInterval), _hasAreas);
    }
}
