namespace Microsoft.ML.Implicit.Solvers.Quadratic.Dense.Iterations;

/// <summary>A row of G that is treated as an equality whose multiplier has a proximal weight.</summary>
/// <param name="Index">Index of the row.</param>
/// <param name="Slackness">How far the row gives way for a unit of its multiplier.</param>
internal readonly record struct HeldConstraint(int Index, double Slackness);
