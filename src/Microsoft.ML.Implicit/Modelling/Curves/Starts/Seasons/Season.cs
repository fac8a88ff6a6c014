namespace Microsoft.ML.Implicit.Modelling.Curves.Starts.Seasons;

/// <summary>A sine with its harmonics, or several that have an amplitude in common.</summary>
/// <param name="Frequencies">The frequency and, if it changes over the points, the rate, of each; none where it is known.</param>
/// <param name="Shifts">The parameters that shift it and its harmonics.</param>
/// <param name="Amplitudes">The parameters that have to be zero for it to have no effect.</param>
/// <param name="IsJudgedAtPhases">Whether tangents at one phase tell too little of others: an absolute value, a minimum or a maximum is taken of it, or it has several sines.</param>
internal sealed record Season(SineFrequency[] Frequencies, SineShift[] Shifts, int[] Amplitudes, bool IsJudgedAtPhases);
