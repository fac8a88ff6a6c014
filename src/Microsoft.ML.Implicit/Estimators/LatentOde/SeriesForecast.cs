namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Forecast of one series, each array [variables, times] in a row.</summary>
internal sealed record SeriesForecast(float[] Mean, float[] Lower, float[] Upper);
