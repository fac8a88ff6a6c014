namespace Microsoft.ML.Implicit.Modelling;

/// <summary>A constraint that has a part in a contradiction.</summary>
/// <param name="Constraint">
/// Its name, or how it is written where it has none; a variable's sign as <c>x >= 0</c>. Functions of the objective that are not finite everywhere, such as logarithms, hold their arguments to <c>the domain of</c> the objective.
/// </param>
/// <param name="Share">
/// Its share of the certificate, the multipliers that prove the contradiction, from 0 to 1, in units in which the data are of the order of one. All shares of a row add up to 1.
/// </param>
public sealed record ConflictingConstraint(string Constraint, double Share);
