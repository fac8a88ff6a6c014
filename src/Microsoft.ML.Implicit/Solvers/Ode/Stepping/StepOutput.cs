namespace Microsoft.ML.Implicit.Solvers.Ode.Stepping;

/// <summary>An output inside a step.</summary>
/// <param name="Clock">Whose step: that of all rows, 0, or that of a row.</param>
/// <param name="Output">Index of the output time.</param>
/// <param name="Theta">Its place in the step, in (0, 1]; 1 is the step's end.</param>
internal readonly record struct StepOutput(int Clock, int Output, double Theta);
