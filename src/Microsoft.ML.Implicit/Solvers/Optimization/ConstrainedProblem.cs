namespace Microsoft.ML.Implicit.Solvers.Optimization;

/// <summary>Minimise f(y) subject to h(y) = 0 and g(y) ≤ 0, for each row.</summary>
/// <param name="Objective">f, a value a row.</param>
/// <param name="Equalities">h, <c>[rows, count]</c>, or null.</param>
/// <param name="Inequalities">g, <c>[rows, count]</c>, or null; bounds among them.</param>
public sealed record ConstrainedProblem(IRowObjective Objective, IRowObjective? Equalities = null, IRowObjective? Inequalities = null);
