namespace Microsoft.ML.Implicit.Solvers.Quadratic;

/// <summary>How far an iterate is from the optimality conditions.</summary>
internal readonly record struct ResidualNorms(double Primal, double Dual, double Gap)
{
    /// <summary>In normal units, the scale of a solution that vanishes: residuals are relative to no less.</summary>
    public const double SmallestScale = 1e-8;

    /// <summary>
    /// Weight in the gap of what the residuals may cost: Σ |residual · z| of stationarity and Σ |violation · multiplier|, relative to the terms of
    /// the objective. A residual that is small beside the largest cost or constraint of a program need not be small beside the objective.
    /// </summary>
    public const double ResidualCostWeight = 1e-4;

    /// <summary>
    /// Of the terms of the primal and dual objective, the share that the gap is relative to at least, and of multipliers, the share that dual residuals are: where terms
    /// cancel, less cannot be told from their rounding.
    /// </summary>
    public const double GapRounding = 1e-3;

    /// <inheritdoc cref="GapRounding"/>
    public const double DualRounding = 1e-5;

    /// <summary>In normal units, the objective that residual costs are relative to at least. They vanish with the solution, so that less will do than for others.</summary>
    public const double SmallestCost = 1e-12;

    public static ResidualNorms Unknown { get; } = new(double.NaN, double.NaN, double.NaN);
}
