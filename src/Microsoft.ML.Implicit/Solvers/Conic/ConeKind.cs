namespace Microsoft.ML.Implicit.Solvers.Conic;

/// <summary>The cones that slacks of a cone program can be held in.</summary>
public enum ConeKind
{
    /// <summary>{0}: equalities.</summary>
    Zero,

    /// <summary>Nonnegative numbers: inequalities.</summary>
    Nonnegative,

    /// <summary>{(t, u): ‖u‖₂ ≤ t}.</summary>
    SecondOrder,

    /// <summary>Positive semidefinite matrices, as their lower triangles by columns with the entries off the diagonal times √2.</summary>
    Semidefinite,

    /// <summary>The closure of {(x, y, z): y &gt; 0, y exp(x / y) ≤ z}.</summary>
    Exponential,
}
