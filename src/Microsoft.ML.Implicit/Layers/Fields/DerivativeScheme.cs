using Microsoft.ML.Implicit.Layers.Fields.Derivatives;

namespace Microsoft.ML.Implicit.Layers.Fields;

/// <summary>How derivatives along an axis are computed from values at its points.</summary>
public abstract class DerivativeScheme
{
    /// <summary>Central differences with an error of second order in the spacing.</summary>
    public static DerivativeScheme SecondOrder { get; } = new FiniteDifferences(2);

    /// <summary>Central differences with an error of fourth order in the spacing.</summary>
    public static DerivativeScheme FourthOrder { get; } = new FiniteDifferences(4);

    /// <summary>
    /// Derivatives of the trigonometric sum through all points: of sines and cosines on a periodic axis, of those that meet the boundary conditions on a bounded one.
    /// The error of a smooth field falls faster than any power of the spacing. On a bounded axis that takes a field whose mirror image at the boundaries continues it smoothly, less
    /// a polynomial through what holds there; it is of low order otherwise.
    /// </summary>
    public static DerivativeScheme Spectral { get; } = new SpectralDerivatives();

    /// <summary>Prepares the derivatives along an axis.</summary>
    /// <param name="axis">The axis.</param>
    /// <param name="highest">Highest derivative that is wanted, at least 1.</param>
    /// <returns>What computes them.</returns>
    /// <exception cref="ArgumentException">The axis has too few points, or the derivative is too high for it.</exception>
    public abstract AxisDerivatives Prepare(GridAxis axis, int highest);
}
