namespace Microsoft.ML.Implicit.Solvers.Ode;

/// <summary>
/// Equal steps between neighbouring output times: as few as keep each step no longer than <paramref name="Size"/>, so
/// that every output time is the end of a step and none is interpolated.
/// </summary>
/// <param name="Size">Longest step, in units of time, greater than zero. Infinity means one step between neighbouring output times.</param>
public sealed record FixedStepControl(double Size) : OdeStepControl;
