using TorchSharp;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>
/// Brings features to a common scale that outliers cannot dominate: centred at the median, divided by the
/// interquartile range, and clipped smoothly (Holzmüller, Grinsztajn and Steinwart, "Better by Default", 2024).
/// Images keep one centre and scale a channel.
/// </summary>
internal sealed class FeatureEncoder : nn.Module<Tensor, Tensor>
{
    // More rows would not move a quartile by anything that matters.
    private const long MaximumRowsRead = 100_000;
    private const double ClipScale = 3;

    private readonly int _imageChannels;

    [ComponentName(Name = "center")]
    private readonly Tensor _center;

    [ComponentName(Name = "factor")]
    private readonly Tensor _factor;

    /// <summary>Creates an encoder that leaves features as they are until <see cref="Fit"/> is called.</summary>
    /// <param name="featureCount">Length of the feature vector.</param>
    /// <param name="imageChannels">Channels of the image in it, or 0 where it holds none.</param>
    public FeatureEncoder(int featureCount, int imageChannels)
        : base(nameof(FeatureEncoder))
    {
        _imageChannels = imageChannels;
        _center = zeros(featureCount);
        _factor = ones(featureCount);
        RegisterComponents();
    }

    /// <summary>Learns centre and scale.</summary>
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
        long last = sorted.shape[0] - 1;
        Tensor range = sorted[last] - sorted[0];
        Tensor spread = sorted[(long)Math.Round(0.75 * last)] - sorted[(long)Math.Round(0.25 * last)];

        // Mostly constant features have no interquartile range; half their range stands in for it.
        spread = where(spread > 0, spread, range / 2);
        _center.copy_(sorted[last / 2]);
        _factor.copy_(where(spread > 0, 1 / spread, zeros_like(spread)));
    }

    /// <inheritdoc/>
    public override Tensor forward(Tensor features)
    {
        Tensor scaled = (features - _center) * _factor;
        return _imageChannels > 0 ? scaled : scaled / (1 + (scaled / ClipScale).square()).sqrt();
    }

    private void FitImages(Tensor rows)
    {
        Tensor pixels = rows.reshape(rows.shape[0], _imageChannels, -1);
        Tensor mean = pixels.mean([0, 2], keepdim: true);
        Tensor deviation = (pixels - mean).square().mean([0, 2], keepdim: true).sqrt();
        Tensor perPixel = ones_like(pixels[0]);
        _center.copy_((mean[0] * perPixel).reshape(-1));
        _factor.copy_((where(deviation > 0, 1 / deviation, zeros_like(deviation))[0] * perPixel).reshape(-1));
    }
}
