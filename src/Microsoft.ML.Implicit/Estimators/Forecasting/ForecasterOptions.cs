using Microsoft.ML.Implicit.Training;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Settings that all forecasters of series have.</summary>
public abstract class ForecasterOptions : ITrainerOptions
{
    private protected ForecasterOptions()
    {
    }

    /// <summary>Column of each row's observation times: a vector of Single, Double, DateTime, DateTimeOffset or TimeSpan; dates and spans are counted in days.</summary>
    public string TimeColumnName { get; set; } = "Time";

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
    /// Column of example weights (Single, not negative; series of weight 0 are left out), or <see langword="null"/>. A series counts by its weight in the losses
    /// of training and validation; scales of the data and bounds are learned from all series alike.
    /// </summary>
    public string? ExampleWeightColumnName { get; set; }

    /// <summary>
    /// Times ahead to forecast at, in the unit of the time column (days for dates), counted from the time of a series' last row. A row in which
    /// nothing is observed counts too: it says that time has passed, and changes no forecast at a given time.
    /// </summary>
    public double[] Horizon { get; set; } = [];

    /// <summary>Column of times to forecast at, a vector of the time column's kind, in place of <see cref="Horizon"/>.</summary>
    public string? ForecastTimeColumnName { get; set; }

    /// <summary>Column that receives the forecast.</summary>
    public string OutputColumnName { get; set; } = "Forecast";

    /// <summary>Column that receives the lower bound, or <see langword="null"/>.</summary>
    public string? ConfidenceLowerBoundColumn { get; set; }

    /// <summary>Column that receives the upper bound, or <see langword="null"/>.</summary>
    public string? ConfidenceUpperBoundColumn { get; set; }

    /// <summary>
    /// Probability that a value lies between the bounds, within the longest time ahead that training looked at. For times further ahead nothing is
    /// known of the errors: bounds then hold at least the forecast at that longest time (seasons aside) with its own bounds, which widen in proportion
    /// to the time ahead, and follow the path on the way from there however it turns back. For a variable which has fallen silent, time counts from its
    /// own last value. Bounds are wider after a gap longer than all in training, as errors of held-out series are with such gaps, and after a last step
    /// longer than nearly all in training, so that they hold both of its values, either of which may be an error.
    /// </summary>
    public float ConfidenceLevel { get; set; } = 0.95f;

    /// <summary>
    /// Quantiles to give beside the forecast, as rising probabilities, such as 0.1, 0.5 and 0.9; none by default. Calibrated as the bounds are, and widened where they
    /// are, in proportion; that of 0.5 is the forecast.
    /// </summary>
    public double[] QuantileLevels { get; set; } = [];

    /// <summary>Column that receives the quantiles where there are <see cref="QuantileLevels"/>: variable by variable and time by time as the forecast, all levels of each.</summary>
    public string QuantileColumnName { get; set; } = "Quantiles";

    /// <summary>
    /// Longest time ahead that training looks at, or <see langword="null"/> for the longest in <see cref="Horizon"/>, or without one the longest series' span.
    /// Forecasts are given up to 1000 times as far after the last observation, and it may be up to 1000 times that span.
    /// </summary>
    public double? MaximumHorizon { get; set; }

    /// <summary>Periods of seasons, in the unit of the time column, such as 365.25 for a yearly season of daily data.</summary>
    public double[] SeasonalPeriods { get; set; } = [];

    /// <summary>How the history is summarised.</summary>
    public SeriesEncoderKind Encoder { get; set; } = SeriesEncoderKind.Gru;

    /// <summary>Width of the latent state; <see langword="null"/> stands for 16, or with more variables than that for their number, rounded up to a multiple of 16, and at most 128.</summary>
    public int? LatentWidth { get; set; }

    /// <summary>
    /// Width of the hidden layers of posterior and decoder, of the encoder's state, and half the width of the dynamics' hidden layer; <see langword="null"/> stands for 48, or
    /// where it is more for twice the number of variables, rounded up to a multiple of 16, and at most 256.
    /// </summary>
    public int? HiddenWidth { get; set; }

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

    /// <summary>Epochs, learning rate, validation, seed, device, progress and cancellation. Epochs are counted on from network to network.</summary>
    public TrainingOptions Training { get; set; } = new();

    IEnumerable<(string Setting, string? Column)> IEstimatorOptions.InputColumns =>
    [
        .. StaticColumnNames.Select(name => (nameof(StaticColumnNames), (string?)name)),
        .. CovariateColumnNames.Select(name => (nameof(CovariateColumnNames), (string?)name)),
        (nameof(TimeColumnName), TimeColumnName),
        (nameof(CovariateTimeColumnName), CovariateTimeColumnName),
    ];

    IEnumerable<(string Setting, string? Column)> IEstimatorOptions.LabelColumns => InputColumnNames.Select(name => (nameof(InputColumnNames), (string?)name));

    IEnumerable<(string Setting, string? Column)> IEstimatorOptions.OutputColumns =>
    [
        (nameof(OutputColumnName), OutputColumnName),
        (nameof(ConfidenceLowerBoundColumn), ConfidenceLowerBoundColumn),
        (nameof(ConfidenceUpperBoundColumn), ConfidenceUpperBoundColumn),
        (nameof(QuantileColumnName), QuantileLevels.Length > 0 ? QuantileColumnName : null),
    ];

    void IEstimatorOptions.Validate()
    {
        ArgumentException.ThrowIfNullOrEmpty(TimeColumnName);
        ArgumentException.ThrowIfNullOrEmpty(OutputColumnName);
        ArgumentNullException.ThrowIfNull(Training);
        Setting.Require(InputColumnNames is { Length: > 0 } && InputColumnNames.All(name => !string.IsNullOrEmpty(name)), nameof(InputColumnNames), "must name at least one column");
        Setting.Require(InputColumnNames.Distinct().Count() == InputColumnNames.Length, nameof(InputColumnNames), "must not repeat a column");
        ArgumentNullException.ThrowIfNull(StaticColumnNames);
        ArgumentNullException.ThrowIfNull(CovariateColumnNames);
        ArgumentNullException.ThrowIfNull(SeasonalPeriods);
        ArgumentNullException.ThrowIfNull(Horizon);
        Setting.Require(Horizon.Length > 0 != ForecastTimeColumnName is not null, nameof(Horizon), $"or {nameof(ForecastTimeColumnName)} must be given, and not both");
        Setting.Require(Horizon.All(time => time > 0 && double.IsFinite(time)), nameof(Horizon), "must hold times after the last observation, greater than zero");
        Setting.Require(ConfidenceLevel is > 0 and < 1, nameof(ConfidenceLevel), "must lie between 0 and 1");
        ArgumentNullException.ThrowIfNull(QuantileLevels);
        Setting.Require(ForecastQuantiles.AreLevels(QuantileLevels), nameof(QuantileLevels), "must lie between 0 and 1, and rise");
        Setting.Require(!string.IsNullOrEmpty(QuantileColumnName), nameof(QuantileColumnName), "must be given");
        Setting.Require(MaximumHorizon is null || (MaximumHorizon > 0 && double.IsFinite(MaximumHorizon.Value)), nameof(MaximumHorizon), "must be greater than zero");
        Setting.Require(Horizon.All(time => time <= ForecastReach.MostHorizons * (MaximumHorizon ?? time)), nameof(Horizon), $"must not reach more than {ForecastReach.MostHorizons} times as far as {nameof(MaximumHorizon)}: give both in the unit of the time column");
        Setting.Require(SeasonalPeriods.All(period => period > 0 && double.IsFinite(period)), nameof(SeasonalPeriods), "must be greater than zero");
        Setting.Require(Enum.IsDefined(Encoder), nameof(Encoder), "is not a known encoder");
        Setting.Require(LatentWidth is null or (>= 1 and <= 1024), nameof(LatentWidth), "must lie between 1 and 1024");
        Setting.Require(HiddenWidth is null or (>= 4 and <= 4096), nameof(HiddenWidth), "must lie between 4 and 4096");
        Setting.Require(ContextLength is >= 1 and <= 65536, nameof(ContextLength), "must lie between 1 and 65536");
        Setting.Require(EnsembleSize is null or (>= 1 and <= 64), nameof(EnsembleSize), "must lie between 1 and 64");
        ValidateNetwork();
        Training.Validate();
    }

    /// <exception cref="ArgumentException">A setting of the latent network is out of range.</exception>
    private protected abstract void ValidateNetwork();
}
