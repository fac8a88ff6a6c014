namespace Microsoft.ML.Implicit.Estimators;

/// <summary>The function whose fixed point is the hidden state.</summary>
public enum EquilibriumCellKind
{
    /// <summary>Dense residual cell for feature vectors without spatial structure.</summary>
    Dense,

    /// <summary>Convolutional cell with a state at several resolutions, for images flattened to vectors (Bai, Koltun and Kolter, 2020).</summary>
    /// <remarks>
    /// A pixel further from its channel's median than ten times nearly all pixels of training (their 99.9 % quantile, of those that differ
    /// from it) counts as one at that distance, in training and in scoring.
    /// </remarks>
    MultiscaleConvolutional,
}
