namespace Microsoft.ML.Implicit.Solvers.Conic;

/// <summary>Settings of <see cref="ConeSolver"/>.</summary>
public sealed record ConeOptions
{
    /// <summary>How solutions are found. Default the interior point method.</summary>
    public ConeMethod Method { get; init; } = ConeMethod.InteriorPoint;

    /// <summary>
    /// A row has converged when <see cref="ConeSolution.PrimalResiduals"/>, <see cref="ConeSolution.DualResiduals"/> and <see cref="ConeSolution.Gaps"/>
    /// are at most this. Default 1e-10.
    /// </summary>
    public double Tolerance { get; init; } = 1e-10;

    /// <summary>A row that rounding keeps from the tolerance still counts as converged when its residuals and gap are at most this. Default 1e-7.</summary>
    public double AcceptableTolerance { get; init; } = 1e-7;

    /// <summary>
    /// A certificate y counts when each entry of Aᵀy is at most this times −bᵀy, or within the rounding of its terms; a certificate x when those of Px and of the distance of −Ax from the cones are
    /// at most this times −qᵀx, in units in which the data are of the order of one. Default 1e-12.
    /// </summary>
    public double CertificateTolerance { get; init; } = 1e-12;

    /// <summary>
    /// Most iterations a row, or null for 100 of the interior point method and 20,000 of operator splitting, of rows that these do not solve in up to three more choices of units. A row whose solution lies
    /// far from zero may take as many again about each of up to three points that were found. Default null.
    /// </summary>
    public int? MaximumIterations { get; init; }

    /// <summary>The iterations that a row may take.</summary>
    internal int IterationLimit => MaximumIterations ?? (Method == ConeMethod.InteriorPoint ? 100 : 20_000);

    /// <summary>Most rows solved at once; 0 means as many as TorchSharp uses threads. Default 0.</summary>
    public int MaximumParallelism { get; init; }
}
