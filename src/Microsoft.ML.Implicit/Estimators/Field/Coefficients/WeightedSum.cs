namespace Microsoft.ML.Implicit.Estimators;

/// <summary>A sum of some of the fields that an equation's open terms are made of.</summary>
/// <param name="Places">Which of all these fields; the others have no weight.</param>
/// <param name="Weights">Their weights.</param>
internal sealed record WeightedSum(int[] Places, double[] Weights);
