using Microsoft.ML.Implicit.Data;
using Microsoft.ML.Implicit.Training;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Settings that the forecasters by latent paths have.</summary>
/// <remarks>
/// Scales of the data and bounds are learned from all series alike, whatever their weights.
/// For times further ahead than training looked at, bounds hold at least the forecast at the longest such time (seasons aside) with its own bounds, which widen in proportion
/// to the time ahead, and follow the path on the way from there however it turns back. For a variable which has fallen silent, time counts from its
/// own last value. Bounds are wider after a gap longer than all in training, as errors of held-out series are with such gaps, and after a last step
/// longer than nearly all in training, so that they hold both of its values, either of which may be an error.
/// </remarks>
public abstract class LatentForecasterOptions : ForecasterOptions
{
    private protected LatentForecasterOptions()
    {
    }

    /// <summary>Columns to forecast, one variable each: vectors of Single as long as the times, NaN where not observed.</summary>
    public string[] InputColumnNames { get; set; } = ["Value"];

    /// <summary>
    /// Columns of values that hold for a whole series: Single, or text or a key, which are categories. Of a column's categories training keeps the 100 most
    /// frequent; another one, like one that is missing, stands for the average of those.
    /// </summary>
    public string[] StaticColumnNames { get; set; } = [];

    /// <summary>
    /// Columns of covariates that are known ahead: vectors of Single, or of text or keys, which are categories as in <see cref="StaticColumnNames"/>. Each value
    /// holds until the next covariate time, and further where that one is missing.
    /// </summary>
    public string[] CovariateColumnNames { get; set; } = [];

    /// <summary>Column of the covariates' times, or <see langword="null"/> if they are those of the observations.</summary>
    public string? CovariateTimeColumnName { get; set; }

    /// <summary>
    /// Quantiles to give beside the forecast, as rising probabilities, such as 0.1, 0.5 and 0.9; none by default. Calibrated as the bounds are, and widened where they
    /// are, in proportion; that of 0.5 is the forecast.
    /// </summary>
    public double[] QuantileLevels { get; set; } = [];

    /// <summary>Column that receives the quantiles where there are <see cref="QuantileLevels"/>: variable by variable and time by time as the forecast, all levels of each.</summary>
    public string QuantileColumnName { get; set; } = "Quantiles";

    /// <summary>
    /// Longest time ahead that training looks at, or <see langword="null"/> for the longest in <see cref="ForecasterOptions.Horizon"/>, or without one the longest series' span.
    /// It may be up to 1000 times that span, and training then looks as far as the longest series reaches. Forecasts are given up to 1000 times as far as training looked after the last
    /// observation; from there on they stay what they are at its end, with bounds that widen.
    /// </summary>
    public double? MaximumHorizon { get; set; }

    /// <summary>Periods of seasons, in the unit of the time column, such as 365.25 for a yearly season of daily data.</summary>
    public double[] SeasonalPeriods { get; set; } = [];

    /// <summary>How the history is summarised.</summary>
    public SeriesEncoderKind Encoder { get; set; } = SeriesEncoderKind.Gru;

    /// <summary>Width of the latent state.</summary>
    public int LatentWidth { get; set; } = 16;

    /// <summary>Width of the hidden layers of posterior and decoder, of the encoder's state, and half the width of the dynamics' hidden layer.</summary>
    public int HiddenWidth { get; set; } = 48;

    /// <summary>
    /// Most recent observations that the encoder reads. Of those before it is told what describes the ones it reads: the time since the first
    /// of all, the last value of each variable and the time since then, the running level of one that drifts,
    /// and the values one season before, over at most 4096 observations.
    /// </summary>
    public int ContextLength { get; set; } = 64;

    /// <summary>
    /// Networks whose forecasts are averaged. Each one holds out a part of the data, which decides when its training stops
    /// and calibrates the bounds: a third, less with more than three networks and a fifth with one, unless
    /// <see cref="TrainingOptions.ValidationFraction"/> says otherwise; whole series from 20 series on, and from 5 on
    /// where they are no fewer than the horizons that a series spans; otherwise stretches of time. With many series a quarter of it is the same for all networks; the rest differs. With nothing held out bounds rest on the
    /// predicted scale alone. <see langword="null"/> stands for five networks where whole series are held out of fewer than 500, and for three otherwise.
    /// </summary>
    public int? EnsembleSize { get; set; }

    internal SeriesColumns Columns => new(TimeColumnName, InputColumnNames, StaticColumnNames, CovariateTimeColumnName, CovariateColumnNames);

    private protected override IEnumerable<(string Setting, string? Column)> InputColumns => Columns.PredictedFrom;

    private protected override IEnumerable<(string Setting, string? Column)> LabelColumns => InputColumnNames.Select(name => (nameof(InputColumnNames), (string?)name));

    private protected override IEnumerable<(string Setting, string? Column)> OutputColumns => [.. base.OutputColumns, (nameof(QuantileColumnName), QuantileLevels.Length > 0 ? QuantileColumnName : null)];

    private protected override void Validate()
    {
        base.Validate();
        Require(Columns);
        ArgumentNullException.ThrowIfNull(SeasonalPeriods);
        ArgumentNullException.ThrowIfNull(QuantileLevels);
        Setting.Require(ForecastQuantiles.AreLevels(QuantileLevels), nameof(QuantileLevels), "must lie between 0 and 1, and rise");
        Setting.Require(!string.IsNullOrEmpty(QuantileColumnName), nameof(QuantileColumnName), "must be given");
        Setting.Require(MaximumHorizon is null || (MaximumHorizon > 0 && double.IsFinite(MaximumHorizon.Value)), nameof(MaximumHorizon), "must be greater than zero");
        Setting.Require(Horizon.All(time => time <= ForecastReach.MostHorizons * (MaximumHorizon ?? time)), nameof(Horizon), $"must not reach more than {ForecastReach.MostHorizons} times as far as {nameof(MaximumHorizon)}: give both in the unit of the time column");
        Setting.Require(SeasonalPeriods.All(period => period > 0 && double.IsFinite(period)), nameof(SeasonalPeriods), "must be greater than zero");
        Setting.Require(Enum.IsDefined(Encoder), nameof(Encoder), "is not a known encoder");
        Setting.Require(LatentWidth is >= 1 and <= 1024, nameof(LatentWidth), "must lie between 1 and 1024");
        Setting.Require(HiddenWidth is >= 4 and <= 4096, nameof(HiddenWidth), "must lie between 4 and 4096");
        Setting.Require(ContextLength is >= 1 and <= 65536, nameof(ContextLength), "must lie between 1 and 65536");
        Setting.Require(EnsembleSize is null or (>= 1 and <= 64), nameof(EnsembleSize), "must lie between 1 and 64");
        ValidateNetwork();
    }

    /// <exception cref="ArgumentException">A setting of the latent network is out of range.</exception>
    private protected abstract void ValidateNetwork();
}
