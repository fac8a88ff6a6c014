namespace Microsoft.ML.Implicit.Solvers.Ode.Stepping;

/// <summary>Where a row that shared its steps with others ended before them.</summary>
/// <param name="Status">Why.</param>
/// <param name="Time">Time that it reached.</param>
/// <param name="ReachedTimes">Number of leading output times that it reached.</param>
internal readonly record struct RowFailure(SolveStatus Status, double Time, int ReachedTimes);
