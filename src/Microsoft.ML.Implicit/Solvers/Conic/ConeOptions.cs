namespace Microsoft.ML.Implicit.Solvers.Conic;

/// <summary>Settings of <see cref="ConeSolver"/>.</summary>
public sealed record ConeOptions
{
    /// <summary>
    /// A row has converged when <see cref="ConeSolution.PrimalResiduals"/>, <see cref="ConeSolution.DualResiduals"/> and <see cref="ConeSolution.Gaps"/>
    /// are at most this. Default 1e-10.
    /// </summary>
    public double Tolerance { get; init; } = 1e-10;

    /// <summary>A row that rounding keeps from the tolerance still counts as converged when its residuals and gap are at most this. Default 1e-7.</summary>
    public double AcceptableTolerance { get; init; } = 1e-7;

    /// <summary>
    /// A certificate y counts when ‖Aᵀy‖ is at most this times −bᵀy, a certificate x when ‖Px‖ and the distance of −Ax from the cones are at most this times −qᵀx,
    /// in units in which the data are of the order of one. Default 1e-9.
    /// </summary>
    public double CertificateTolerance { get; init; } = 1e-9;

    /// <summary>Most iterations a row. Default 100.</summary>
    public int MaximumIterations { get; init; } = 100;

    /// <summary>Most rows solved at once; 0 means as many as TorchSharp uses threads. Default 0.</summary>
    public int MaximumParallelism { get; init; }
}
