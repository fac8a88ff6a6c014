namespace Microsoft.ML.Implicit.Solvers.Conic.Centring;

/// <summary>A column of A less a multiple of another.</summary>
/// <param name="Column">The column.</param>
/// <param name="Other">The other.</param>
/// <param name="Factor">The multiple.</param>
internal readonly record struct ColumnShift(int Column, int Other, double Factor);
