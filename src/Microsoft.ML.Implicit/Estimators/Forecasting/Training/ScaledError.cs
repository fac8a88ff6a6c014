namespace Microsoft.ML.Implicit.Estimators;

/// <summary>The error of a forecast of held-out data.</summary>
/// <param name="Series">Its series.</param>
/// <param name="Stretch">Number of its stretch of the series.</param>
/// <param name="Variable">Its variable.</param>
/// <param name="Place">Time ahead, in horizons.</param>
/// <param name="Error">Value less forecast.</param>
/// <param name="Scale">The predicted scale.</param>
internal readonly record struct ScaledError(object Series, long Stretch, int Variable, double Place, double Error, double Scale);
