namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Quality of decisions, judged by their realised costs.</summary>
/// <param name="Count">Rows that were decided.</param>
/// <param name="UnsolvedCount">Rows without a decision, or without a best one at their realised costs; they are in none of the means.</param>
/// <param name="MeanCost">Mean realised cost ½ zᵀQz + cᵀz of the decisions.</param>
/// <param name="MeanBestCost">Mean cost of the decisions that knew the realised costs.</param>
/// <param name="MeanRegret">Mean of what the decisions cost more than those: 0 at best.</param>
/// <param name="NormalizedRegret">Sum of the regrets over the sum of the magnitudes of the best costs (Elmachtoub and Grigas, 2022).</param>
public sealed record DecisionMetrics(long Count, long UnsolvedCount, double MeanCost, double MeanBestCost, double MeanRegret, double NormalizedRegret);
