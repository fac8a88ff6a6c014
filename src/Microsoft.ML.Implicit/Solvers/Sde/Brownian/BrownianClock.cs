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

    /// <summary>How often an interval is halved.</summary>
    public int Halvings => halvings;

    public long TicksPerInterval => 1L << _bitsPerInterval;

    /// <summary>Number of ticks of the whole path.</summary>
    public long Ticks => TicksPerInterval * intervals;

    /// <summary>The tick nearest to a time.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The time is outside the path.</exception>
    public long TickAt(double time, string name)
    {
        double tick = Math.Round((time - start) / (end - start) * Ticks);
        return tick >= 0 && tick <= Ticks
            ? (long)tick
            : throw new ArgumentOutOfRangeException(name, time, $"The Brownian path is defined from time {start} to {end}.");
    }

    /// <summary>Length in time of a number of ticks.</summary>
    public double Duration(long ticks) => (end - start) * ((double)ticks / Ticks);

    /// <summary>An interval as the root of its division.</summary>
    public BrownianCell Interval(long index) => new(index, 0, 0, index * TicksPerInterval, TicksPerInterval);
}
