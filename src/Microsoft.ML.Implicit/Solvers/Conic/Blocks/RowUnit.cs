namespace Microsoft.ML.Implicit.Solvers.Conic.Blocks;

/// <summary>What the logarithm of a slack's unit is made of: one number, and another as often as a weight says.</summary>
/// <param name="First">Place of the number.</param>
/// <param name="Second">Place of the other.</param>
/// <param name="Weight">−1, 0 or 1.</param>
internal readonly record struct RowUnit(int First, int Second, int Weight);
