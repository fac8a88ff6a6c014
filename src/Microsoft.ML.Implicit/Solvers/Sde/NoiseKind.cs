namespace Microsoft.ML.Implicit.Solvers.Sde;

/// <summary>How the channels of a Brownian motion act on the elements of a state.</summary>
public enum NoiseKind
{
    /// <summary>One channel acts on all elements: g is <c>[rows, dimension]</c>.</summary>
    Scalar,

    /// <summary>Each element has a channel of its own, and its diffusion depends on no other element: g is <c>[rows, dimension]</c>.</summary>
    Diagonal,

    /// <summary>All channels act on all elements: g is <c>[rows, dimension, channels]</c>.</summary>
    General,
}
