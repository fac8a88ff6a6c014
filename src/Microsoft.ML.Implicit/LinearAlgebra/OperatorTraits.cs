namespace Microsoft.ML.Implicit.LinearAlgebra;

/// <summary>What is known of a <see cref="RowOperator"/>.</summary>
[Flags]
public enum OperatorTraits
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>The operator equals its transpose.</summary>
    Symmetric = 1,

    /// <summary>The operator is symmetric and vᵀ A v is positive for every v but zero.</summary>
    PositiveDefinite = Symmetric | 2,
}
