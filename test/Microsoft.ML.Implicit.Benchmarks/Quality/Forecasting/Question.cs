namespace Microsoft.ML.Implicit.Benchmarks.Quality.Forecasting;

/// <summary>A history, the times asked for, and what was observed there: [variables][times], NaN where nothing was.</summary>
internal sealed record Question(SeriesRow History, float[][] Truth);
