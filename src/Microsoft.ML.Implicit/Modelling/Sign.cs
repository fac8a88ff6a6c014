namespace Microsoft.ML.Implicit.Modelling;

/// <summary>What is known of an expression's sign.</summary>
public enum Sign
{
    /// <summary>Nothing.</summary>
    Unknown,

    /// <summary>All entries are at least zero.</summary>
    Nonnegative,

    /// <summary>All entries are at most zero.</summary>
    Nonpositive,
}
