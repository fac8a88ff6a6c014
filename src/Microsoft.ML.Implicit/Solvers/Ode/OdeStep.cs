namespace Microsoft.ML.Implicit.Solvers.Ode;

/// <summary>An accepted step.</summary>
/// <param name="Time">Time at its start.</param>
/// <param name="Size">Signed size.</param>
/// <param name="EarlierSlopes">Number of slopes of earlier steps that it used.</param>
internal readonly record struct OdeStep(double Time, double Size, int EarlierSlopes);
