namespace Microsoft.ML.Implicit.Solvers.Quadratic;

/// <summary>How far an iterate is from the optimality conditions.</summary>
internal readonly record struct ResidualNorms(double Primal, double Dual, double Gap)
{
    /// <summary>In normal units, the scale of a solution that vanishes: residuals are relative to no less.</summary>
    public const double SmallestScale = 1e-8;

    public static ResidualNorms Unknown { get; } = new(double.NaN, double.NaN, double.NaN);
}
