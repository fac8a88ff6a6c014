namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Observations of a motion that follow each other, in the order of time or against it.</summary>
/// <param name="Motion">The motion.</param>
/// <param name="Start">The observation that the window sets out from.</param>
/// <param name="Pieces">Observations that follow.</param>
/// <param name="IsBackward">Whether they come before it in time.</param>
internal readonly record struct MotionWindow(Motion Motion, int Start, int Pieces, bool IsBackward = false)
{
    /// <summary>Index of an observation of the window.</summary>
    public int Observation(int piece) => IsBackward ? Start - piece : Start + piece;

    public double Time(int piece) => Motion.Series.Times[Observation(piece)];
}
