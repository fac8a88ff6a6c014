using Microsoft.ML.Implicit.Data;
using Microsoft.ML.Implicit.Training;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Settings that trainers on series of observations share, one series a row.</summary>
public abstract class SeriesTrainerOptions : ImplicitTrainerOptions
{
    private protected SeriesTrainerOptions()
    {
    }

    /// <summary>Column of each row's observation times: a vector of Single, Double, DateTime, DateTimeOffset or TimeSpan; dates and spans are counted in days.</summary>
    public string TimeColumnName { get; set; } = "Time";

    private protected override void Validate() => ArgumentException.ThrowIfNullOrEmpty(TimeColumnName);

    /// <exception cref="ArgumentException">A name is missing, or a column of values is named twice.</exception>
    private protected static void Require(SeriesColumns columns)
    {
        string values = columns.Settings.Value(0);
        Setting.Require(columns.Values is { Length: > 0 } && Array.TrueForAll(columns.Values, name => !string.IsNullOrEmpty(name)), values, "must name at least one column");
        Setting.Require(columns.Values.Distinct().Count() == columns.Values.Length, values, "must not repeat a column");
        ArgumentNullException.ThrowIfNull(columns.Statics, columns.Settings.Statics);
        ArgumentNullException.ThrowIfNull(columns.Covariates, columns.Settings.Covariates);
    }
}
