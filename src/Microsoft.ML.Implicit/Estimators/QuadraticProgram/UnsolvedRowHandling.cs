namespace Microsoft.ML.Implicit.Estimators;

/// <summary>What happens when the optimisation problem of a row has no solution, or none was reached.</summary>
/// <remarks>
/// Training that compares decisions with the best ones at realised values (<see cref="DecisionLoss.Regret"/>, <see cref="DecisionLoss.SpoPlus"/>) finds rows that have none first: with <see cref="Throw"/> they are
/// an error, with <see cref="ReturnMissing"/> they are left out, and a warning counts them. A row that is not solved at what is predicted in training is an error either way: a loss that did without it would reward such predictions.
/// </remarks>
public enum UnsolvedRowHandling
{
    /// <summary>Reading the row throws <see cref="Solvers.SolveFailedException"/>, which names the row and what is wrong with its problem.</summary>
    Throw,

    /// <summary>The row's numbers are NaN, and its status says why.</summary>
    ReturnMissing,
}
