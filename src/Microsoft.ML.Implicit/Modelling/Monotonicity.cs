namespace Microsoft.ML.Implicit.Modelling;

/// <summary>How a function goes with its argument.</summary>
internal enum Monotonicity
{
    None,

    Increasing,

    /// <summary>Increasing where the argument is nonnegative, decreasing where it is nonpositive.</summary>
    WithMagnitude,
}
