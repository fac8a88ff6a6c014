using Microsoft.ML.Implicit.Native;
using TorchSharp;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Centres and scales the pixels of images, channel by channel. A pixel far beyond those of training counts as at their edge.</summary>
internal sealed partial class ImageEncoder : FeatureEncoder
{
    private const string LowestName = "lowest";
    private const string HighestName = "highest";

    [ComponentName(Name = "center")]
    private readonly Tensor _center;

    [ComponentName(Name = "factor")]
    private readonly Tensor _factor;

    [ComponentName(Name = LowestName)]
    private readonly Tensor _lowest;

    [ComponentName(Name = HighestName)]
    private readonly Tensor _highest;

    /// <summary>Creates an encoder whose scales are yet to be filled in, and which limits no pixel.</summary>
    /// <param name="featureCount">Length of the feature vector.</param>
    public ImageEncoder(int featureCount)
        : base(nameof(ImageEncoder))
    {
        Width = featureCount;
        _center = zeros(featureCount);
        _factor = ones(featureCount);
        _lowest = full(featureCount, float.MinValue.Held());
        _highest = full(featureCount, float.MaxValue.Held());
        RegisterComponents();
    }

    /// <summary>Names of tensors that files of version 0.1.0 lack.</summary>
    public static IReadOnlyList<string> LimitNames { get; } = [LowestName, HighestName];

    public override int Width { get; }

    /// <summary>Learns the scale and the range of each channel.</summary>
    /// <param name="features">float32 [rows, channels · height · width].</param>
    /// <param name="channels">Channels of an image.</param>
    public static ImageEncoder Of(Tensor features, int channels)
    {
        var encoder = new ImageEncoder((int)features.shape[1]);
        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGradient = no_grad();
        Tensor images = RowsToRead(features, encoder.Width).Rows.reshape(-1, channels, encoder.Width / channels);
        PixelRange[] ranges = [.. Enumerable.Range(0, channels).Select(channel => PixelRange.Of(images.select(1, channel)))];
        Tensor lowest = tensor(Array.ConvertAll(ranges, range => range.Lowest), [channels, 1]);
        Tensor highest = tensor(Array.ConvertAll(ranges, range => range.Highest), [channels, 1]);
        Tensor pixels = images.clamp(lowest, highest).to(ScalarType.Float64);
        Tensor mean = pixels.mean([0, 2], keepdim: true);
        Tensor deviation = (pixels - mean).Squared().mean([0, 2], keepdim: true).sqrt();
        Tensor factor = where(deviation > 0.Held(), 1.Held() / deviation, zeros_like(deviation)).clamp_max_(((double)FeatureScale.LargestFactor).Held());
        encoder._center.copy_(PerPixel(mean[0]));
        encoder._factor.copy_(PerPixel(factor[0]));
        encoder._lowest.copy_(PerPixel(lowest));
        encoder._highest.copy_(PerPixel(highest));
        return encoder;

        Tensor PerPixel(Tensor perChannel) => perChannel.expand(images.shape[1..]).reshape(-1);
    }

    /// <inheritdoc/>
    public override Tensor forward(Tensor features) => Scale(features.clamp(_lowest, _highest), _center, _factor);
}
