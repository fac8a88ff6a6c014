using System.Globalization;
using Microsoft.ML.Implicit.Data;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>
/// How far ahead forecasts reach. What was learned within one horizon says ever less about later times: far beyond it there is a mistake in the units, and no forecast.
/// </summary>
internal static class ForecastReach
{
    /// <summary>The longest time ahead, in horizons of training.</summary>
    public const double MostHorizons = 1000;

    /// <summary>Whether a time can be forecast at.</summary>
    /// <param name="time">The time.</param>
    /// <param name="last">Time of the last observation before it.</param>
    /// <param name="horizon">Longest time ahead that training looked at.</param>
    public static bool Covers(double time, double last, double horizon) => Durations.IsWithin(time - last, MostHorizons * horizon);

    /// <summary>Time ahead in horizons of training where that is more than one, and 1 elsewhere.</summary>
    /// <param name="time">The time.</param>
    /// <param name="last">Time of the last observation before it.</param>
    /// <param name="horizon">Longest time ahead that training looked at.</param>
    public static double Extrapolation(double time, double last, double horizon) =>
        !Durations.IsWithin(time - last, horizon) && Covers(time, last, horizon) ? (time - last) / horizon : 1;

    /// <summary>Makes sure that times can be forecast at.</summary>
    /// <param name="times">Points in time.</param>
    /// <param name="last">Time of the last observation before them.</param>
    /// <param name="horizon">Longest time ahead that training looked at.</param>
    /// <param name="kind">How times are told in the message.</param>
    /// <param name="place">Where the times come from, for the message.</param>
    /// <exception cref="ArgumentException">A time is not finite, or too far ahead.</exception>
    public static void Check(double[] times, double last, double horizon, TimeKind kind, string place = "")
    {
        foreach (double time in times)
        {
            if (!double.IsFinite(time))
            {
                throw new ArgumentException(string.Create(CultureInfo.InvariantCulture, $"{place}A time to forecast at is {time}; it must be finite."));
            }

            if (!Covers(time, last, horizon))
            {
                throw new ArgumentException(string.Create(
                    CultureInfo.InvariantCulture,
                    $"{place}The forecast at {kind.Describe(time)} is {kind.DescribeLength(time - last)} after the observation at {kind.Describe(last)}, more than {MostHorizons} times the {kind.DescribeLength(horizon)} that training looked ahead. Was a point in time given for a time ahead, or another unit than that of the time column, such as seconds where it counts days (as it does for dates)?"));
            }
        }
    }
}
