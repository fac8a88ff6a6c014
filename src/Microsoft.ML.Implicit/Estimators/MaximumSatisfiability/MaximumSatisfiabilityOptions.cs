using Microsoft.ML.Implicit.Solvers.Satisfiability;
using Microsoft.ML.Implicit.Training;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Settings of <see cref="MaximumSatisfiabilityEstimator"/>.</summary>
public sealed class MaximumSatisfiabilityOptions : ImplicitTrainerOptions
{
    private const int MaximumVariables = 30_000;

    /// <summary>Column of bits: a vector of Single of known size, from 0 (not set) to 1 (set); NaN where a bit is unknown.</summary>
    public string BitColumnName { get; set; } = "Bits";

    /// <summary>
    /// Column that says which bits are known: a vector of Single or Boolean, as long as that of the bits, above 0 or true where the bit is given; or <see langword="null"/>: then all
    /// bits but NaN are known, and training hides bits at random, others in every step.
    /// </summary>
    public string? KnownColumnName { get; set; }

    /// <summary>Output column of the completed bits: a vector of Single, 0 or 1 where a bit was unknown, and as given where it was known.</summary>
    public string OutputColumnName { get; set; } = "Completed";

    /// <summary>
    /// Output column of how sure each bit is, from 0 (as likely set as not) to 1: a vector of Single; or <see langword="null"/> for no such column.
    /// </summary>
    public string? ConfidenceColumnName { get; set; } = "Confidence";

    /// <summary>Clauses that are learned, or <see langword="null"/> to choose by the number of bits.</summary>
    public int? ClauseCount { get; set; }

    /// <summary>Auxiliary variables, by which clauses share what they derive, or <see langword="null"/> to choose by the number of bits.</summary>
    public int? AuxiliaryCount { get; set; }

    /// <summary>Passes over all unknowns at most, in training and in scoring.</summary>
    public int MaximumSweeps { get; set; } = new MixingSettings().MaximumSweeps;

    /// <summary>Where a solve ends before that: see <see cref="MixingSettings.Tolerance"/>.</summary>
    public double Tolerance { get; set; } = new MixingSettings().Tolerance;

    /// <summary>
    /// Scoring with more than one solve: in each round the surest of the bits that are still unknown, as many as fall to it, are set to what they are most likely and the rest is solved
    /// anew. 0 solves once and rounds, which is quickest. Where each bit follows from a few others, and these from others again, as in puzzles, more rounds complete many more rows.
    /// <see langword="null"/>: training ends by completing up to 256 validation rows with 0, 4, 16 and 40 rounds, and takes the fewest that complete as many as any, up to the standard error.
    /// </summary>
    public int? RefinementRounds { get; set; }

    /// <summary>Least fraction of bits that training leaves known where it hides them at random.</summary>
    public double MinimumKnownFraction { get; set; } = 0.3;

    /// <summary>Largest fraction of bits that training leaves known where it hides them at random.</summary>
    public double MaximumKnownFraction { get; set; } = 0.9;

    private protected override IEnumerable<(string Setting, string? Column)> OutputColumns => [(nameof(OutputColumnName), OutputColumnName), (nameof(ConfidenceColumnName), ConfidenceColumnName)];

    internal MixingSettings Mixing => new() { MaximumSweeps = MaximumSweeps, Tolerance = Tolerance };

    private protected override void Validate()
    {
        Setting.Require(!string.IsNullOrEmpty(BitColumnName), nameof(BitColumnName), "must be given");
        Setting.Require(KnownColumnName is not { Length: 0 }, nameof(KnownColumnName), "must be the name of a column, or null");
        Setting.Require(ClauseCount is null or (>= 1 and <= MaximumVariables), nameof(ClauseCount), $"must lie between 1 and {MaximumVariables}");
        Setting.Require(AuxiliaryCount is null or (>= 0 and <= MaximumVariables), nameof(AuxiliaryCount), $"must lie between 0 and {MaximumVariables}");
        Setting.Require(MaximumSweeps is >= 1 and <= 100_000, nameof(MaximumSweeps), "must lie between 1 and 100000");
        Setting.Require(Tolerance >= 0 && double.IsFinite(Tolerance), nameof(Tolerance), "must be finite and not negative");
        Setting.Require(RefinementRounds is null or (>= 0 and <= 10_000), nameof(RefinementRounds), "must lie between 0 and 10000");
        Setting.Require(MinimumKnownFraction is >= 0 and < 1, nameof(MinimumKnownFraction), "must be at least 0 and below 1");
        Setting.Require(MaximumKnownFraction >= MinimumKnownFraction && MaximumKnownFraction < 1, nameof(MaximumKnownFraction), $"must be at least {nameof(MinimumKnownFraction)} and below 1");
    }
}
