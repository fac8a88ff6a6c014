namespace Microsoft.ML.Implicit.Solvers.Optimization;

/// <summary>Settings of <see cref="LevenbergMarquardt"/> and <see cref="GaussNewton"/>.</summary>
public sealed record LeastSquaresSettings
{
    /// <summary>
    /// A row has converged where the residuals' part in the tangent space is at most this fraction of the residuals: the relative offset of Bates and Watts (1981), which
    /// is the distance to the optimum in units of the parameters' standard errors and does not depend on units.
    /// </summary>
    public double Tolerance { get; init; } = 1e-10;

    /// <summary>Limit on steps tried.</summary>
    public int MaximumIterations { get; init; } = 200;

    internal void Validate()
    {
        SettingRange.Require(Tolerance is > 0 and < 1, nameof(Tolerance), Tolerance, "between 0 and 1");
        SettingRange.Require(MaximumIterations >= 1, nameof(MaximumIterations), MaximumIterations, "at least 1");
    }
}
