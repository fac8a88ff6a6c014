namespace Microsoft.ML.Implicit.Estimators;

/// <summary>The function whose fixed point is the hidden state.</summary>
public enum EquilibriumCellKind
{
    /// <summary>Dense residual cell for feature vectors without spatial structure.</summary>
    Dense,

    /// <summary>Convolutional cell with a state at several resolutions, for images flattened to vectors (Bai, Koltun and Kolter, 2020).</summary>
    MultiscaleConvolutional,
}
