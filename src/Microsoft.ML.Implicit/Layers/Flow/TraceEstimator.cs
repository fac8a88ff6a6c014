namespace Microsoft.ML.Implicit.Layers.Flow;

/// <summary>How the divergence of the dynamics, the trace of ∂f/∂z, is computed.</summary>
public enum TraceEstimator
{
    /// <summary>
    /// The trace itself: for built-in dynamics with one or two hidden layers in closed form, at the cost of one matrix
    /// product in any dimension, otherwise by one Jacobian product for each dimension.
    /// </summary>
    Exact,

    /// <summary>Hutchinson's estimate eᵀ ∂f/∂z e with independent signs e, drawn once for each solve.</summary>
    Rademacher,

    /// <summary>Hutchinson's estimate with independent standard normal e, drawn once for each solve.</summary>
    Gaussian,
}
