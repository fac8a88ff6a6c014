namespace Microsoft.ML.Implicit.Estimators;

/// <summary>How the hidden state's fixed point is found.</summary>
public enum EquilibriumSolverKind
{
    /// <summary>Anderson acceleration (Walker and Ni, 2011).</summary>
    Anderson,

    /// <summary>Limited-memory Broyden's method (Broyden, 1965).</summary>
    Broyden,

    /// <summary>Damped iteration of the cell.</summary>
    Picard,
}
