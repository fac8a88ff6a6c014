using Microsoft.ML.Implicit.Native;
using TorchSharp;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>
/// Turns raw features into inputs of a common scale. A feature becomes its robustly scaled, smoothly clipped value
/// (Holzmüller, Grinsztajn and Steinwart, "Better by Default", 2024) and a piecewise-linear encoding that says how far
/// through each of its quantile bins it lies (Gorishniy, Rubachev and Babenko, "On Embeddings for Numerical Features", 2022),
/// with which a smooth network follows steps as trees do. Images are only centred and scaled, channel by channel.
/// </summary>
internal sealed class FeatureEncoder : nn.Module<Tensor, Tensor>
{
    // More rows would not move a quantile by anything that matters.
    private const long MaximumRowsRead = 100_000;
    private const double ClipScale = 3;
    private const int Bins = 8;

    private readonly int _imageChannels;

    [ComponentName(Name = "center")]
    private readonly Tensor _center;

    [ComponentName(Name = "factor")]
    private readonly Tensor _factor;

    [ComponentName(Name = "bin_starts")]
    private readonly Tensor _binStarts;

    [ComponentName(Name = "bin_factors")]
    private readonly Tensor _binFactors;

    /// <summary>Creates an encoder for <see cref="Fit"/> to fill.</summary>
    /// <param name="featureCount">Length of the feature vector.</param>
    /// <param name="imageChannels">Channels of the image in it, or 0 where it holds none.</param>
    public FeatureEncoder(int featureCount, int imageChannels)
        : base(nameof(FeatureEncoder))
    {
        _imageChannels = imageChannels;
        int bins = imageChannels > 0 ? 0 : Bins;
        Width = featureCount * (bins + 1);
        _center = zeros(featureCount);
        _factor = ones(featureCount);
        _binStarts = zeros(bins, featureCount);
        _binFactors = zeros(bins, featureCount);
        RegisterComponents();
    }

    /// <summary>Length of an encoded row.</summary>
    public int Width { get; }

    /// <summary>Learns scales and quantiles.</summary>
    /// <param name="features">float32 [rows, features].</param>
    public void Fit(Tensor features)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGradient = no_grad();
        Tensor rows = features.narrow(0, 0, Math.Min(features.shape[0], MaximumRowsRead));
        if (_imageChannels > 0)
        {
            FitImages(rows);
            return;
        }

        Tensor sorted = rows.sort(dim: 0).Values;
        Tensor range = Quantile(sorted, 1) - Quantile(sorted, 0);
        Tensor spread = Quantile(sorted, 0.75) - Quantile(sorted, 0.25);

        // Mostly constant features have no interquartile range; half their range stands in for it.
        spread = where(spread > 0.Held(), spread, range / 2.Held());
        _center.copy_(Quantile(sorted, 0.5));
        _factor.copy_(InverseOrZero(spread));

        // Where a value is common enough to fill a bin, the bin is a step at it.
        for (int bin = 0; bin < Bins; bin++)
        {
            Tensor start = Quantile(sorted, bin / (double)Bins);
            Tensor width = Quantile(sorted, (bin + 1) / (double)Bins) - start;
            Tensor step = range * 1e-6.Held();
            _binStarts[bin].copy_(start);
            _binFactors[bin].copy_(InverseOrZero(where(width > step, width, step)));
        }
    }

    /// <inheritdoc/>
    /// <param name="features">float32 [batch, features].</param>
    /// <returns>float32 [batch, <see cref="Width"/>].</returns>
    public override Tensor forward(Tensor features)
    {
        Tensor scaled = (features - _center) * _factor;
        if (_imageChannels > 0)
        {
            return scaled;
        }

        Tensor clipped = scaled / (1.Held() + (scaled / ClipScale.Held()).square()).sqrt();
        Tensor bins = ((features.unsqueeze(1) - _binStarts) * _binFactors).clamp_(0.Held(), 1.Held()).sub_(0.5.Held());
        return cat([clipped, bins.reshape(features.shape[0], -1)], dim: 1);
    }

    private static Tensor Quantile(Tensor sorted, double fraction) => sorted[(long)Math.Round(fraction * (sorted.shape[0] - 1))];

    private static Tensor InverseOrZero(Tensor value) => where(value > 0.Held(), 1.Held() / value, zeros_like(value));

    private void FitImages(Tensor rows)
    {
        Tensor pixels = rows.reshape(rows.shape[0], _imageChannels, -1);
        Tensor mean = pixels.mean([0, 2], keepdim: true);
        Tensor deviation = (pixels - mean).square().mean([0, 2], keepdim: true).sqrt();
        Tensor perPixel = ones_like(pixels[0]);
        _center.copy_((mean[0] * perPixel).reshape(-1));
        _factor.copy_((InverseOrZero(deviation)[0] * perPixel).reshape(-1));
    }
}
