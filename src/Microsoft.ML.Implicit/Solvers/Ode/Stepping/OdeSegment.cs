using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Ode.Stepping;

/// <summary>A part of a solve within which the right-hand side does not jump.</summary>
internal sealed class OdeSegment
{
    private OdeSegment(double start, double end, double earliest, double latest)
    {
        Start = start;
        End = end;

        // Two jumps closer to each other than the type resolves have nothing between them.
        (Earliest, Latest) = earliest <= latest ? (earliest, latest) : (0.5 * (start + end), 0.5 * (start + end));
    }

    /// <summary>Time that the integration sets out from.</summary>
    public double Start { get; }

    /// <summary>Time that it goes to, before or after <see cref="Start"/>.</summary>
    public double End { get; }

    /// <summary>First time at which the right-hand side may be evaluated.</summary>
    public double Earliest { get; }

    /// <summary>Last time at which it may be.</summary>
    public double Latest { get; }

    /// <summary>Whether the right-hand side jumps at one of the ends.</summary>
    public bool HasJump => double.IsFinite(Earliest) || double.IsFinite(Latest);

    /// <summary>1 forward in time, -1 backward.</summary>
    public double Direction => Math.Sign(End - Start);

    /// <summary>Length of the segment.</summary>
    public double Length => Math.Abs(End - Start);

    /// <summary>Cuts a solve at the times where the right-hand side jumps.</summary>
    /// <param name="start">First time.</param>
    /// <param name="end">Last time.</param>
    /// <param name="jumps">Finite times in any order; those outside the solve have no effect.</param>
    /// <param name="type">Type that the right-hand side is given the time in.</param>
    /// <returns>At least one segment, in the order of the integration.</returns>
    public static OdeSegment[] Split(double start, double end, IReadOnlyList<double> jumps, ScalarType type)
    {
        double direction = Math.Sign(end - start);
        var inside = new SortedSet<double>(jumps.Where(jump => direction * (jump - start) > 0 && direction * (end - jump) > 0));
        double[] times = [start, .. direction < 0 ? inside.Reverse() : inside, end];
        bool[] jumping = [jumps.Contains(start), .. inside.Select(_ => true), jumps.Contains(end)];
        return [.. Enumerable.Range(0, times.Length - 1).Select(i => Between(times[i], jumping[i], times[i + 1], jumping[i + 1], type))];
    }

    /// <summary>What is left of the segment at a time inside it.</summary>
    public OdeSegment From(double time) => new(time, End, Earliest, Latest);

    /// <summary>
    /// The time at which the right-hand side is evaluated for a given time: where it jumps at an end of the segment, the neighbouring
    /// number on this side of the jump.
    /// </summary>
    public double Clamp(double time) => Math.Clamp(time, Earliest, Latest);

    /// <summary>The time at which the right-hand side is evaluated for an output, on the side that the integration comes from.</summary>
    /// <param name="segments">All segments.</param>
    /// <param name="time">A time in one of them.</param>
    public static double ClampArrival(OdeSegment[] segments, double time) =>
        Array.Find(segments, segment => segment.Start == time ? segment == segments[0] : segment.Direction * (segment.End - time) >= 0)!.Clamp(time);

    private static OdeSegment Between(double start, bool jumpsAtStart, double end, bool jumpsAtEnd, ScalarType type)
    {
        (double first, bool jumpsFirst, double last, bool jumpsLast) = start < end ? (start, jumpsAtStart, end, jumpsAtEnd) : (end, jumpsAtEnd, start, jumpsAtStart);
        return new OdeSegment(start, end, jumpsFirst ? After(first, type) : double.NegativeInfinity, jumpsLast ? Before(last, type) : double.PositiveInfinity);
    }

    private static double After(double time, ScalarType type) => type == ScalarType.Float64 ? Math.BitIncrement(time) : MathF.BitIncrement((float)time);

    private static double Before(double time, ScalarType type) => type == ScalarType.Float64 ? Math.BitDecrement(time) : MathF.BitDecrement((float)time);
}
