namespace Microsoft.ML.Implicit.Estimators;

/// <summary>How far off one forecast was.</summary>
/// <param name="Ahead">Time ahead.</param>
/// <param name="Errors">Distance from what was observed for each variable; NaN where nothing was.</param>
internal readonly record struct MotionError(double Ahead, double[] Errors);
