namespace Microsoft.ML.Implicit.Modelling.Curves;

/// <summary>What was measured along one curve.</summary>
/// <param name="Inputs">For each input of the curve its values: one a point, or a single one for all points.</param>
/// <param name="Values">Measured values. A point whose value, input or weight is NaN is left out.</param>
/// <param name="Weights">Weights of the squared residuals, at least 0, such as the inverse variances of the measurements; null for ones.</param>
public sealed record CurvePoints(IReadOnlyList<double[]> Inputs, double[] Values, double[]? Weights = null);
