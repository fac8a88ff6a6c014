using Microsoft.ML.Implicit.Training;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Settings of <see cref="TotalVariationEstimator"/>.</summary>
public sealed class TotalVariationOptions : IEstimatorOptions
{
    /// <summary>Column of the signals: a vector of Single or Double, of known or varying length.</summary>
    public string InputColumnName { get; set; } = "Signal";

    /// <summary>Column for the smoothed signals (vector of Single).</summary>
    public string OutputColumnName { get; set; } = "Steps";

    /// <summary>
    /// Weight of the total variation, in units of the signals: a bump narrower than 2 × weight ÷ height vanishes. <see langword="null"/> learns it from <see cref="TargetColumnName"/>.
    /// </summary>
    public double? Weight { get; set; }

    /// <summary>Column of signals without noise, as long as the signals, which the weight is learned from where none is given; NaN where there is none.</summary>
    public string? TargetColumnName { get; set; }

    IEnumerable<(string Setting, string? Column)> IEstimatorOptions.InputColumns => [(nameof(InputColumnName), InputColumnName)];

    IEnumerable<(string Setting, string? Column)> IEstimatorOptions.LabelColumns => [(nameof(TargetColumnName), TargetColumnName)];

    IEnumerable<(string Setting, string? Column)> IEstimatorOptions.OutputColumns => [(nameof(OutputColumnName), OutputColumnName)];

    void IEstimatorOptions.Validate()
    {
        Setting.Require(!string.IsNullOrEmpty(InputColumnName), nameof(InputColumnName), "must be given");
        Setting.Require(!string.IsNullOrEmpty(OutputColumnName), nameof(OutputColumnName), "must be given");
        Setting.Require(Weight is null or >= 0 && (Weight is not { } weight || double.IsFinite(weight)), nameof(Weight), "must be finite and not negative");
        Setting.Require((Weight is null) != (TargetColumnName is null), nameof(TargetColumnName), "is what a weight is learned from: give either it or a weight");
    }
}
