namespace Microsoft.ML.Implicit.Estimators;

/// <summary>What an output column of a cone program holds.</summary>
internal enum ConeProgramColumnKind
{
    Variable,
    Multipliers,
    Parameter,
    Objective,
    Status,
}
