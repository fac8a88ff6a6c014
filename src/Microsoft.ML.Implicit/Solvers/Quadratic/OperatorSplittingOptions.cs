namespace Microsoft.ML.Implicit.Solvers.Quadratic;

/// <summary>Settings of <see cref="OperatorSplittingSolver"/>.</summary>
public sealed record OperatorSplittingOptions
{
    /// <summary>A row has converged when its relative residuals and gap are at most this. Default 1e-6.</summary>
    public double Tolerance { get; init; } = 1e-6;

    /// <summary>Most iterations before the remaining rows go to the interior point method. Default 1000.</summary>
    public int MaximumIterations { get; init; } = 1000;

    /// <summary>Iterations between two looks at the residuals. Default 25.</summary>
    public int CheckInterval { get; init; } = 25;

    /// <summary>Over-relaxation, between 0 and 2. Default 1.6.</summary>
    public double Relaxation { get; init; } = 1.6;

    /// <summary>First penalty ρ of the constraints. Default 0.1.</summary>
    public double InitialRho { get; init; } = 0.1;

    /// <summary>The penalty is adapted, and the matrices factored again, when primal and dual residuals ask for a change by more than this factor. Default 5.</summary>
    public double RhoAdaptation { get; init; } = 5;
}
