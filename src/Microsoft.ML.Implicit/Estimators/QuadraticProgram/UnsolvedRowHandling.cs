namespace Microsoft.ML.Implicit.Estimators;

/// <summary>What happens when the optimisation problem of a row has no solution, or none was reached.</summary>
public enum UnsolvedRowHandling
{
    /// <summary>Reading the row throws <see cref="Solvers.SolveFailedException"/>, which names the row and what is wrong with its problem.</summary>
    Throw,

    /// <summary>The row's numbers are NaN, and its status says why.</summary>
    ReturnMissing,
}
