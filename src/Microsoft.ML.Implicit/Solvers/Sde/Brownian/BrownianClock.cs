using System.Numerics;

namespace Microsoft.ML.Implicit.Solvers.Sde.Brownian;

/// <summary>
/// The time of a path in ticks, a whole number of them in each cell of its division: times that differ by rounding are the same tick, and
/// cells are found without rounding.
/// </summary>
/// <param name="start">First time.</param>
/// <param name="end">Last time.</param>
/// <param name="intervals">Number of equal intervals.</param>
/// <param name="halvings">How often each is halved.</param>
internal sealed class BrownianClock(double start, double end, int intervals, int halvings)
{
    // As many ticks as double precision tells apart with room for some rounding.
    private const int TickBits = 48;

    private readonly int _bitsPerInterval = TickBits - BitOperations.Log2((uint)intervals);

    private long Length => TicksPerInterval * intervals;

    /// <summary>Number of equal intervals.</summary>
    public int Intervals => intervals;

    /// <summary>How often an interval is halved.</summary>
    public int Halvings => halvings;

    public long TicksPerInterval => 1L << _bitsPerInterval;

    /// <summary>The ticks nearest to two times.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A time is outside the path, or they are in the wrong order.</exception>
    public (long First, long Last) Ticks(double from, double to)
    {
        long first = TickAt(from, nameof(from));
        long last = TickAt(to, nameof(to));
        SettingRange.Require(last > first, nameof(to), to, $"after {from} by more than rounding");
        return (first, last);
    }

    /// <summary>Length in time of a number of ticks.</summary>
    public double Duration(long ticks) => (end - start) * ((double)ticks / Length);

    /// <summary>An interval as the root of its division.</summary>
    public BrownianCell Interval(long index) => new(index, 0, 0, index * TicksPerInterval, TicksPerInterval);

    private long TickAt(double time, string name)
    {
        double tick = Math.Round((time - start) / (end - start) * Length);
        return tick >= 0 && tick <= Length
            ? (long)tick
            : throw new ArgumentOutOfRangeException(name, time, $"The Brownian path is defined from time {start} to {end}.");
    }
}
