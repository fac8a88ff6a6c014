namespace Microsoft.ML.Implicit.Estimators;

/// <summary>The vector field f of dh/dt = f(t, h).</summary>
public enum OdeFieldKind
{
    /// <summary>A perceptron, for feature vectors without spatial structure.</summary>
    Dense,

    /// <summary>Two convolutions with group normalisation between them, for images flattened to vectors, and for signals as images of one row.</summary>
    /// <remarks>
    /// A pixel further from its channel's median than ten times nearly all pixels of training (their 99.9 % quantile, of those that differ
    /// from it) counts as one at that distance, in training and in scoring.
    /// </remarks>
    Convolutional,
}
