using System.Globalization;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>A part of a field's equation whose form is known, with coefficients that are known or learned.</summary>
/// <param name="Kind">Its form.</param>
/// <param name="Coefficients">Its coefficients, in the units of the field, of lengths on the grid and of the time column (days for dates); empty where they are learned.</param>
public sealed record PhysicalTerm(PhysicalTermKind Kind, params IReadOnlyList<double> Coefficients)
{
    internal const int LearnedReactionCoefficients = 4;

    /// <summary>Whether the coefficients are learned.</summary>
    internal bool IsLearned => Coefficients.Count == 0;

    /// <summary>How many coefficients there are on a grid.</summary>
    internal int Count(int axes) => Kind switch
    {
        PhysicalTermKind.Advection => axes,
        PhysicalTermKind.Reaction => IsLearned ? LearnedReactionCoefficients : Coefficients.Count,
        _ => 1,
    };

    /// <summary>Whether the term is one on a grid of so many axes.</summary>
    internal bool Fits(int axes) =>
        Enum.IsDefined(Kind)
        && (IsLearned || Coefficients.Count == Count(axes))
        && Coefficients.All(Measurements.IsMeasurement)
        && (Kind != PhysicalTermKind.Convection || axes == 1)
        && (Kind != PhysicalTermKind.Diffusion || Coefficients.All(coefficient => coefficient > 0));

    /// <summary>Whether the terms are the same.</summary>
    public bool Equals(PhysicalTerm? other) => other is not null && Kind == other.Kind && Coefficients.SequenceEqual(other.Coefficients);

    /// <inheritdoc/>
    public override int GetHashCode() => Coefficients.Aggregate(HashCode.Combine(Kind), HashCode.Combine);

    /// <inheritdoc/>
    public override string ToString() =>
        $"{Kind} {(IsLearned ? "to be learned" : string.Join(", ", Coefficients.Select(coefficient => coefficient.ToString("G5", CultureInfo.InvariantCulture))))}";
}
