namespace Microsoft.ML.Implicit.Solvers.Quadratic;

/// <summary>Names to use for what a problem consists of, each in the order of its rows; null where there are none.</summary>
/// <param name="Variables">Names of the variables.</param>
/// <param name="Inequalities">Names of the rows of G.</param>
/// <param name="Equalities">Names of the rows of A.</param>
public sealed record QuadraticNames(IReadOnlyList<string>? Variables = null, IReadOnlyList<string>? Inequalities = null, IReadOnlyList<string>? Equalities = null);
