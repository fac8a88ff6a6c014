namespace Microsoft.ML.Implicit.Solvers.Optimization.Searches;

/// <summary>Where and how the search of a row sets out.</summary>
/// <param name="Point">Start.</param>
/// <param name="Lower">Lower bounds.</param>
/// <param name="Upper">Upper bounds.</param>
/// <param name="Tolerance">Relative length of the last step.</param>
/// <param name="MaximumTries">Limit on steps tried.</param>
/// <param name="IsSingle">Whether values are computed in float32.</param>
internal sealed record SearchStart(double[] Point, double[] Lower, double[] Upper, double Tolerance, int MaximumTries, bool IsSingle);
