namespace Microsoft.ML.Implicit.Estimators;

/// <summary>The fields of one series in the order of time.</summary>
/// <param name="Times">Strictly increasing times.</param>
/// <param name="Fields">The field at each time, all of one size.</param>
/// <param name="Weights">What each field counts as one that is to be forecast, 1 on average over all series.</param>
internal sealed record FieldRun(double[] Times, float[][] Fields, float[] Weights);
