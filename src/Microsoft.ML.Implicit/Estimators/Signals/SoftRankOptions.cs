using Microsoft.ML.Implicit.Training;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Settings of <see cref="SoftRankEstimator"/>.</summary>
public sealed class SoftRankOptions : IEstimatorOptions
{
    /// <summary>Column of the values: a vector of Single or Double, of known or varying length.</summary>
    public string InputColumnName { get; set; } = "Features";

    /// <summary>Column for the ranks (vector of Single), from 1 for the least value of each row.</summary>
    public string OutputColumnName { get; set; } = "Ranks";

    /// <summary>Width over which neighbours blend, in units of the values: values further apart than this have the ranks of their order.</summary>
    public double Strength { get; set; } = 1;

    IEnumerable<(string Setting, string? Column)> IEstimatorOptions.OutputColumns => [(nameof(OutputColumnName), OutputColumnName)];

    void IEstimatorOptions.Validate()
    {
        Setting.Require(!string.IsNullOrEmpty(InputColumnName), nameof(InputColumnName), "must be given");
        Setting.Require(!string.IsNullOrEmpty(OutputColumnName), nameof(OutputColumnName), "must be given");
        Setting.Require(Strength > 0 && double.IsFinite(Strength), nameof(Strength), "must be positive and finite");
    }
}
