using Microsoft.ML.Implicit.Training;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Settings that all forecasters of series have.</summary>
public abstract class ForecasterOptions : SeriesTrainerOptions
{
    private protected ForecasterOptions()
    {
    }

    /// <summary>
    /// Times ahead to forecast at, in the unit of the time column (days for dates), counted from the time of a series' last row. A row in which
    /// nothing is observed counts too: it says that time has passed, and changes no forecast at a given time.
    /// </summary>
    public double[] Horizon { get; set; } = [];

    /// <summary>Column of times to forecast at, a vector of the time column's kind, in place of <see cref="Horizon"/>.</summary>
    public string? ForecastTimeColumnName { get; set; }

    /// <summary>Column that receives the forecast: of each variable in turn its values at all times.</summary>
    public string OutputColumnName { get; set; } = "Forecast";

    /// <summary>Column that receives the lower bound of each value of the forecast, or <see langword="null"/>.</summary>
    public string? ConfidenceLowerBoundColumn { get; set; }

    /// <summary>Column that receives the upper bound, or <see langword="null"/>.</summary>
    public string? ConfidenceUpperBoundColumn { get; set; }

    /// <summary>
    /// Share of values that lie between the bounds, which are as far off as errors on series, or stretches of time, that are held out for them. Beyond the longest time ahead that
    /// training looked at nothing is known of errors: bounds grow there in proportion to the time ahead.
    /// </summary>
    public float ConfidenceLevel { get; set; } = 0.95f;

    private protected override IEnumerable<(string Setting, string? Column)> OutputColumns =>
    [
        (nameof(OutputColumnName), OutputColumnName),
        (nameof(ConfidenceLowerBoundColumn), ConfidenceLowerBoundColumn),
        (nameof(ConfidenceUpperBoundColumn), ConfidenceUpperBoundColumn),
    ];

    private protected override void Validate()
    {
        base.Validate();
        ArgumentException.ThrowIfNullOrEmpty(OutputColumnName);
        ArgumentNullException.ThrowIfNull(Horizon);
        Setting.Require(Horizon.Length > 0 != ForecastTimeColumnName is not null, nameof(Horizon), $"or {nameof(ForecastTimeColumnName)} must be given, and not both");
        Setting.Require(Horizon.All(time => time > 0 && double.IsFinite(time)), nameof(Horizon), "must hold times after the last observation, greater than zero");
        Setting.Require(ConfidenceLevel is > 0 and < 1, nameof(ConfidenceLevel), "must lie between 0 and 1");
    }
}
