namespace Microsoft.ML.Implicit.Benchmarks.Quality.Forecasting;

/// <summary>A history and what is asked about it.</summary>
/// <param name="History">The history, with the times asked for.</param>
/// <param name="Truth">What forecasts are compared with: [variables][times], NaN where nothing is known.</param>
/// <param name="Observed">What was observed there, noise included, which bounds are for; the same as <paramref name="Truth"/> for real data.</param>
internal sealed record Question(SeriesRow History, float[][] Truth, float[][] Observed);
