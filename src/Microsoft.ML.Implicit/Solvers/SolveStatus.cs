namespace Microsoft.ML.Implicit.Solvers;

/// <summary>How a numerical solve ended, for one row of a batch.</summary>
public enum SolveStatus : byte
{
    /// <summary>The residual or error met the tolerance.</summary>
    Converged = 0,

    /// <summary>The limit on iterations or steps was reached first; the best iterate so far is returned.</summary>
    MaximumIterations = 1,

    /// <summary>The step size fell below what the floating-point type resolves; the trajectory up to there is returned.</summary>
    StepUnderflow = 2,

    /// <summary>An iterate stopped being finite; the last finite one is returned.</summary>
    Diverged = 3,

    /// <summary>The constraints contradict each other.</summary>
    Infeasible = 4,

    /// <summary>The objective falls without limit on the feasible set.</summary>
    Unbounded = 5,

    /// <summary>The quadratic form has a negative eigenvalue.</summary>
    NonConvex = 6,

    /// <summary>The row's input was not finite, or not of the sign it was promised to have, so it was not solved.</summary>
    InvalidInput = 7,

    /// <summary>
    /// The constraints nearly contradict each other: no point of the order of the data satisfies them, and there may be one far away, or in the limit alone (weak infeasibility,
    /// which has no proof).
    /// </summary>
    NearlyInfeasible = 8,

    /// <summary>The objective falls without limit on points that nearly satisfy the constraints: its least value is far beyond the order of the data, or there is none.</summary>
    NearlyUnbounded = 9,

    /// <summary>What was found is one of many: some direction of the unknowns changes nothing, so that they are not determined.</summary>
    Singular = 10,

    /// <summary>What was looked for lies beyond the range of floating-point numbers, or what leads to it does.</summary>
    OutOfRange = 11,
}
