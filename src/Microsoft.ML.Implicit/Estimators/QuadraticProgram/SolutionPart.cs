namespace Microsoft.ML.Implicit.Estimators;

/// <summary>What an output column says about the optimisation problem of a row.</summary>
internal enum SolutionPart : byte
{
    Solution,
    Multipliers,
    EqualityMultipliers,
    LowerBoundMultipliers,
    UpperBoundMultipliers,
    Cost,
    Objective,
    Status,
}
