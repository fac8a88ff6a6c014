using Microsoft.ML.Implicit.Numerics;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Ode.Stepping;

/// <summary>Where adaptive steps end, whoever takes them.</summary>
internal static class AdaptiveSteps
{
    /// <summary>A step that reaches the end but for this share of it goes there: what is left would be all rounding.</summary>
    public const double Remainder = 1e-6;

    /// <summary>Relative spacing of times, which are kept in double precision whatever the type of the state.</summary>
    public static readonly double TimeResolution = MachineEpsilon.Of(ScalarType.Float64);

    /// <summary>Where a step ends. Far from zero the next time is a rounded one, and not later than it is, or a step of few units in the last place would never get shorter.</summary>
    /// <param name="time">Where it starts.</param>
    /// <param name="size">Its length, unless the end comes first.</param>
    /// <param name="direction">1 forwards in time, -1 backwards.</param>
    /// <param name="last">Where all steps end.</param>
    public static double End(double time, double size, double direction, double last)
    {
        if (size * (1 + Remainder) >= Math.Abs(last - time))
        {
            return last;
        }

        double end = time + (direction * size);
        return Math.Abs(end - time) <= size ? end : direction > 0 ? Math.BitDecrement(end) : Math.BitIncrement(end);
    }

    /// <summary>The shortest step that changes a time.</summary>
    public static double Shortest(double time) => Math.BitIncrement(Math.Abs(time)) - Math.Abs(time);

    /// <summary>
    /// Whether a step is too short to be told from none: it does not change the time, or near time zero, where times are told apart further than any solve needs, is nothing beside the whole twice over.
    /// </summary>
    /// <param name="time">Where it starts.</param>
    /// <param name="size">Its length.</param>
    /// <param name="length">Length of all steps together.</param>
    public static bool Vanishes(double time, double size, double length) => size <= TimeResolution * TimeResolution * length || size < Shortest(time);
}
