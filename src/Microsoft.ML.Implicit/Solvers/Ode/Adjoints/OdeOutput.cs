namespace Microsoft.ML.Implicit.Solvers.Ode.Adjoints;

/// <summary>Where an output lies.</summary>
/// <param name="Step">Index of the step that holds it.</param>
/// <param name="Theta">Its place in the step, in (0, 1]; 1 is the step's end.</param>
internal readonly record struct OdeOutput(int Step, double Theta);
