namespace Microsoft.ML.Implicit.Solvers.Ode.Cuda;

/// <summary>How many numbers device code needs.</summary>
/// <param name="Dimension">Width of a row of the state.</param>
/// <param name="Record">What an evaluation of a row leaves for its pullback.</param>
/// <param name="AdjointScratch">Shared memory of a pullback of a row.</param>
/// <param name="Parameters">Parameters with a gradient.</param>
internal readonly record struct CudaDynamicsSize(int Dimension, int Record, int AdjointScratch, int Parameters);
