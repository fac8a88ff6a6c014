namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Quality of the forecasts of one variable at one horizon.</summary>
/// <param name="Name">Variable and horizon, such as <c>Bilirubin+90</c>.</param>
/// <param name="Count">Forecasts with a known value.</param>
/// <param name="RootMeanSquaredError">In the unit of the values.</param>
/// <param name="MeanAbsoluteError">In the unit of the values.</param>
/// <param name="ContinuousRankedProbabilityScore">
/// Mean score of the normal distribution that has the bounds as its quantiles (Gneiting and Raftery, 2007), in the unit of
/// the values; NaN without bounds.
/// </param>
/// <param name="Coverage">Fraction of values within their bounds; NaN without bounds.</param>
/// <param name="MeanIntervalWidth">Mean distance of the bounds; NaN without bounds.</param>
public sealed record ForecastMetrics(
    string Name,
    long Count,
    double RootMeanSquaredError,
    double MeanAbsoluteError,
    double ContinuousRankedProbabilityScore,
    double Coverage,
    double MeanIntervalWidth);
