namespace Microsoft.ML.Implicit.Solvers.Quadratic.Dense;

/// <summary>How one row's solve ended; the objective in the user's units.</summary>
internal readonly record struct DenseOutcome(SolveStatus Status, int Iterations, double Objective, ResidualNorms Relative, ResidualNorms Absolute)
{
    /// <summary>An outcome without an iterate.</summary>
    public DenseOutcome(SolveStatus status, int iterations)
        : this(status, iterations, double.NaN, ResidualNorms.Unknown, ResidualNorms.Unknown)
    {
    }
}
