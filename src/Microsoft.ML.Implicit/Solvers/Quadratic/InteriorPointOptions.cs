namespace Microsoft.ML.Implicit.Solvers.Quadratic;

/// <summary>Settings of <see cref="InteriorPointSolver"/>.</summary>
public sealed record InteriorPointOptions
{
    /// <summary>
    /// A row has converged when its relative primal and dual residuals (<see cref="QuadraticSolution.PrimalResiduals"/>, <see cref="QuadraticSolution.DualResiduals"/>)
    /// are at most this and its gap at most <see cref="GapTolerance"/>. Default 1e-10.
    /// </summary>
    public double Tolerance { get; init; } = 1e-10;

    /// <summary>
    /// Largest relative gap (<see cref="QuadraticSolution.Gaps"/>). The distance to the solution can be of the order of its square root. Default 1e-12.
    /// </summary>
    public double GapTolerance { get; init; } = 1e-12;

    /// <summary>
    /// A row that rounding keeps from the tolerances still counts as converged when its residuals and gap are at most this. Default 1e-8.
    /// </summary>
    public double AcceptableTolerance { get; init; } = 1e-8;

    /// <summary>Most iterations a row. Default 100.</summary>
    public int MaximumIterations { get; init; } = 100;

    /// <summary>Least slack and multiplier of a warm start, in units in which solution and costs are of the order of one: the larger, the farther a solution may have moved for the start to pay. Default 0.1.</summary>
    public double WarmStartMargin { get; init; } = 0.1;

    /// <summary>Most rows solved at once on the CPU; 0 means as many as TorchSharp uses threads. Default 0.</summary>
    public int MaximumParallelism { get; init; }
}
