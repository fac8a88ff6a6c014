namespace Microsoft.ML.Implicit.Solvers.Ode;

/// <summary>An accepted step.</summary>
/// <param name="Time">Time at its start.</param>
/// <param name="Size">Signed size.</param>
internal readonly record struct OdeStep(double Time, double Size);
