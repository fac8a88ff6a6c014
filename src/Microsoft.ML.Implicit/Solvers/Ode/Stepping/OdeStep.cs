namespace Microsoft.ML.Implicit.Solvers.Ode.Stepping;

/// <summary>A step.</summary>
/// <param name="Time">Time at its start.</param>
/// <param name="Size">Signed size.</param>
/// <param name="Segment">The part of the solve that it lies in.</param>
/// <param name="EarlierSlopes">Number of slopes of earlier steps that it used.</param>
internal readonly record struct OdeStep(double Time, double Size, OdeSegment Segment, int EarlierSlopes = 0)
{
    /// <summary>Whether it is the first step of its segment, so that it shares no stage with the step before.</summary>
    public bool StartsSegment => Time == Segment.Start;

    /// <summary>The time at which the stage with a given node is evaluated.</summary>
    public double At(double node) => Segment.Clamp(Time + (node * Size));
}
