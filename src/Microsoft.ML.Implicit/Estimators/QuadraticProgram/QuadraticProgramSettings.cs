using Microsoft.ML.Implicit.Training;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>
/// The optimisation problem of a row and what is written about it: minimise ½ zᵀQz + pᵀz subject to G z ≤ h, A z = b and lower ≤ z ≤ upper.
/// n is the number of variables, m of inequalities, k of equalities.
/// </summary>
public abstract class QuadraticProgramSettings : IEstimatorOptions
{
    private protected QuadraticProgramSettings()
    {
    }

    /// <summary>
    /// Q, n × n, positive semidefinite to within the rounding of its numbers (of Single in a column of Single, else of Double); its symmetric part counts.
    /// <see langword="null"/>: zero, a linear program.
    /// </summary>
    public QuadraticCoefficients? Q { get; set; }

    /// <summary>p, n values.</summary>
    public QuadraticCoefficients? P { get; set; }

    /// <summary>G, m × n, or <see langword="null"/> without inequalities.</summary>
    public QuadraticCoefficients? G { get; set; }

    /// <summary>h, m values; infinity switches an inequality off.</summary>
    public QuadraticCoefficients? H { get; set; }

    /// <summary>A, k × n, or <see langword="null"/> without equalities.</summary>
    public QuadraticCoefficients? A { get; set; }

    /// <summary>b, k values.</summary>
    public QuadraticCoefficients? B { get; set; }

    /// <summary>Lower bounds of z, n values; negative infinity means none.</summary>
    public QuadraticCoefficients? LowerBounds { get; set; }

    /// <summary>Upper bounds of z, n values; infinity means none.</summary>
    public QuadraticCoefficients? UpperBounds { get; set; }

    /// <summary>Column for the solution z: a vector of Single with n slots.</summary>
    public string OutputColumnName { get; set; } = "Solution";

    /// <summary>Column for the objective ½ zᵀQz + pᵀz (Single), or <see langword="null"/>.</summary>
    public string? ObjectiveColumnName { get; set; } = "Objective";

    /// <summary>Column for the status: the name of a <see cref="Solvers.SolveStatus"/> as text, or <see langword="null"/>.</summary>
    public string? StatusColumnName { get; set; } = "Status";

    /// <summary>What happens when the problem of a row is not solved.</summary>
    public UnsolvedRowHandling UnsolvedRows { get; set; } = UnsolvedRowHandling.Throw;

    /// <summary>Relative primal and dual residual at which a row counts as solved.</summary>
    public double Tolerance { get; set; } = 1e-10;

    /// <summary>Limit on solver iterations.</summary>
    public int MaximumIterations { get; set; } = 100;

    void IEstimatorOptions.Validate() => Validate();

    IEnumerable<(string Setting, string? Column)> IEstimatorOptions.OutputColumns => OutputColumns;

    private protected virtual IEnumerable<(string Setting, string? Column)> OutputColumns =>
        [(nameof(OutputColumnName), OutputColumnName), (nameof(ObjectiveColumnName), ObjectiveColumnName), (nameof(StatusColumnName), StatusColumnName)];

    /// <exception cref="ArgumentException">A setting is out of range; the message names it.</exception>
    private protected virtual void Validate()
    {
        Setting.Require(!string.IsNullOrEmpty(OutputColumnName), nameof(OutputColumnName), "must be given");
        Setting.Require(Enum.IsDefined(UnsolvedRows), nameof(UnsolvedRows), "is not a known handling");
        Setting.Require(Tolerance is > 0 and < 1, nameof(Tolerance), "must lie between 0 and 1");
        Setting.Require(MaximumIterations > 0, nameof(MaximumIterations), "must be positive");
    }
}
