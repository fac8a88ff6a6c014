using Microsoft.ML.Implicit.Native;
using TorchSharp;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Centres and scales the pixels of images, channel by channel.</summary>
internal sealed class ImageEncoder : FeatureEncoder
{
    [ComponentName(Name = "center")]
    private readonly Tensor _center;

    [ComponentName(Name = "factor")]
    private readonly Tensor _factor;

    /// <summary>Creates an encoder whose scales are yet to be filled in.</summary>
    /// <param name="featureCount">Length of the feature vector.</param>
    public ImageEncoder(int featureCount)
        : base(nameof(ImageEncoder))
    {
        Width = featureCount;
        _center = zeros(featureCount);
        _factor = ones(featureCount);
        RegisterComponents();
    }

    public override int Width { get; }

    /// <summary>Learns the scale of each channel.</summary>
    /// <param name="features">float32 [rows, channels · height · width].</param>
    /// <param name="channels">Channels of an image.</param>
    public static ImageEncoder Of(Tensor features, int channels)
    {
        var encoder = new ImageEncoder((int)features.shape[1]);
        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGradient = no_grad();
        Tensor pixels = RowsToRead(features, encoder.Width).Rows.reshape(-1, channels, encoder.Width / channels).to(ScalarType.Float64);
        Tensor mean = pixels.mean([0, 2], keepdim: true);
        Tensor deviation = (pixels - mean).Squared().mean([0, 2], keepdim: true).sqrt();
        Tensor perPixel = ones_like(pixels[0]);
        encoder._center.copy_((mean[0] * perPixel).reshape(-1));
        encoder._factor.copy_((where(deviation > 0.Held(), 1.Held() / deviation, zeros_like(deviation)).clamp_max_(((double)FeatureScale.LargestFactor).Held())[0] * perPixel).reshape(-1));
        return encoder;
    }

    /// <inheritdoc/>
    public override Tensor forward(Tensor features) => Scale(features, _center, _factor);
}
