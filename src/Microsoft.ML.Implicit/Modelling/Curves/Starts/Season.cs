namespace Microsoft.ML.Implicit.Modelling.Curves.Starts;

/// <summary>A sine with its harmonics.</summary>
/// <param name="Frequencies">The frequency and, if it changes over the points, the rate; none where it is known.</param>
/// <param name="Shifts">The parameters that shift it and its harmonics.</param>
/// <param name="Amplitudes">The parameters that have to be zero for it to have no effect.</param>
/// <param name="IsBent">Whether an absolute value, a minimum or a maximum is taken of it.</param>
internal sealed record Season(SineFrequency[] Frequencies, SineShift[] Shifts, int[] Amplitudes, bool IsBent);
