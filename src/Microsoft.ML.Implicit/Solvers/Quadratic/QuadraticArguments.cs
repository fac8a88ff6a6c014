namespace Microsoft.ML.Implicit.Solvers.Quadratic;

/// <summary>Data of a quadratic program, as a set.</summary>
[Flags]
public enum QuadraticArguments
{
    /// <summary>No argument.</summary>
    None = 0,

    /// <summary>Q.</summary>
    Q = 1,

    /// <summary>p.</summary>
    P = 2,

    /// <summary>G.</summary>
    G = 4,

    /// <summary>h.</summary>
    H = 8,

    /// <summary>A.</summary>
    A = 16,

    /// <summary>b.</summary>
    B = 32,

    /// <summary>Lower bounds.</summary>
    Lower = 64,

    /// <summary>Upper bounds.</summary>
    Upper = 128,

    /// <summary>Every argument.</summary>
    All = 255,
}
