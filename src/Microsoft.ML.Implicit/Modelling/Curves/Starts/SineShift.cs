namespace Microsoft.ML.Implicit.Modelling.Curves.Starts;

/// <summary>A parameter that moves a sine's argument by the same angle at all points.</summary>
/// <param name="Parameter">Which.</param>
/// <param name="Turn">How far the parameter moves for a whole turn, more than zero.</param>
/// <param name="IsAngle">Whether it is an angle itself, and no place.</param>
internal readonly record struct SineShift(int Parameter, double Turn, bool IsAngle);
