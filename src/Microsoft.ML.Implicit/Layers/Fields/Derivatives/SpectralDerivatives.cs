namespace Microsoft.ML.Implicit.Layers.Fields.Derivatives;

/// <summary>Derivatives of trigonometric sums by fast Fourier transforms (Trefethen, "Spectral methods in MATLAB", 2000, chapter 3).</summary>
internal sealed class SpectralDerivatives : DerivativeScheme
{
    public override AxisDerivatives Prepare(GridAxis axis, int highest)
    {
        ArgumentNullException.ThrowIfNull(axis);
        ArgumentOutOfRangeException.ThrowIfLessThan(highest, 1);
        return new FourierDerivatives(axis, highest);
    }

    /// <inheritdoc/>
    public override string ToString() => "spectral derivatives";
}
