namespace Microsoft.ML.Implicit.Estimators;

/// <summary>A penalty that was tuned.</summary>
/// <param name="Name">The feature, or the layer's parameter.</param>
/// <param name="Value">λ of ½ λ w².</param>
public sealed record TunedPenalty(string Name, double Value);
