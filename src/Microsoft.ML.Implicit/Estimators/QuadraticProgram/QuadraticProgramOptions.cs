using Microsoft.ML.Implicit.Training;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Settings of <see cref="QuadraticProgramEstimator"/>.</summary>
public sealed class QuadraticProgramOptions : QuadraticProgramSettings
{
    /// <summary>Column for the multipliers λ ≥ 0 of G z ≤ h, m slots, or <see langword="null"/>.</summary>
    public string? MultipliersColumnName { get; set; }

    /// <summary>Column for the multipliers ν of A z = b, k slots, or <see langword="null"/>.</summary>
    public string? EqualityMultipliersColumnName { get; set; }

    /// <summary>Column for the nonnegative multipliers of the lower bounds, n slots, or <see langword="null"/>.</summary>
    public string? LowerBoundMultipliersColumnName { get; set; }

    /// <summary>Column for the nonnegative multipliers of the upper bounds, n slots, or <see langword="null"/>.</summary>
    public string? UpperBoundMultipliersColumnName { get; set; }

    /// <inheritdoc/>
    private protected override IEnumerable<(string Setting, string? Column)> OutputColumns =>
    [
        .. base.OutputColumns,
        (nameof(MultipliersColumnName), MultipliersColumnName),
        (nameof(EqualityMultipliersColumnName), EqualityMultipliersColumnName),
        (nameof(LowerBoundMultipliersColumnName), LowerBoundMultipliersColumnName),
        (nameof(UpperBoundMultipliersColumnName), UpperBoundMultipliersColumnName),
    ];

    /// <inheritdoc/>
    private protected override void Validate()
    {
        base.Validate();
        Setting.Require(P is not null, nameof(P), "must be given: a column, or constants, with one entry a variable");
        Setting.Require(MultipliersColumnName is null || G is not null, nameof(MultipliersColumnName), "names a column, but there are no inequalities");
        Setting.Require(EqualityMultipliersColumnName is null || A is not null, nameof(EqualityMultipliersColumnName), "names a column, but there are no equalities");
        Setting.Require(LowerBoundMultipliersColumnName is null || LowerBounds is not null, nameof(LowerBoundMultipliersColumnName), "names a column, but there are no lower bounds");
        Setting.Require(UpperBoundMultipliersColumnName is null || UpperBounds is not null, nameof(UpperBoundMultipliersColumnName), "names a column, but there are no upper bounds");
    }
}
