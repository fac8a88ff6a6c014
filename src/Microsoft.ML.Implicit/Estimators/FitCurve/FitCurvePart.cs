namespace Microsoft.ML.Implicit.Estimators;

/// <summary>What of a fit an output column holds.</summary>
internal enum FitCurvePart
{
    Parameters,
    StandardErrors,
    Covariance,
    ResidualDeviation,
    Fitted,
    Status,
}
