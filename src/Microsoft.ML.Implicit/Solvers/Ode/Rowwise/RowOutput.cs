namespace Microsoft.ML.Implicit.Solvers.Ode.Rowwise;

/// <summary>An output inside a row's step.</summary>
/// <param name="Position">Position of the row within the step's list of rows.</param>
/// <param name="Row">The row.</param>
/// <param name="Output">Index of the output time.</param>
/// <param name="Theta">Its place in the step, in (0, 1].</param>
internal readonly record struct RowOutput(long Position, long Row, long Output, double Theta);
