namespace Microsoft.ML.Implicit.Layers.Series;

/// <summary>The path through the observations of a series that drives a controlled differential equation.</summary>
public enum SeriesPathKind
{
    /// <summary>A natural cubic spline for each channel through its own observations: smooth, and between two times dependent on later ones too.</summary>
    NaturalCubic,

    /// <summary>Cubic Hermite interpolation with backward differences: smooth, and between two times dependent on none after them.</summary>
    Hermite,

    /// <summary>Straight between observations.</summary>
    Linear,

    /// <summary>Causal: time goes on while values stay, and values change while time stands still.</summary>
    Rectilinear,
}
