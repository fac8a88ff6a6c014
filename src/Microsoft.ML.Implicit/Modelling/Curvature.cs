namespace Microsoft.ML.Implicit.Modelling;

/// <summary>How an expression bends as a function of the variables.</summary>
public enum Curvature
{
    /// <summary>It does not depend on variables.</summary>
    Constant,

    /// <summary>A sum of variables times constants or parameters.</summary>
    Affine,

    /// <summary>Convex by the rules.</summary>
    Convex,

    /// <summary>Concave by the rules.</summary>
    Concave,

    /// <summary>The rules do not tell.</summary>
    Unknown,
}
