using Microsoft.ML.Implicit.Native;
using TorchSharp;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>
/// Turns raw features into inputs of a common scale. A feature becomes its robustly scaled, smoothly clipped value
/// (Holzmüller, Grinsztajn and Steinwart, "Better by Default", 2024), its inverse hyperbolic sine, which keeps the tails apart
/// that clipping folds together, and a piecewise-linear encoding that says how far through each of its target-aware bins it
/// lies (Gorishniy, Rubachev and Babenko, "On Embeddings for Numerical Features", 2022), with which a smooth network follows
/// steps as trees do. Images are only centred and scaled, channel by channel.
/// </summary>
internal sealed class FeatureEncoder : nn.Module<Tensor, Tensor>
{
    // More values would not move a quantile or a bin by anything that matters.
    private const long MaximumValuesRead = 20_000_000;
    private const long MinimumRowsRead = 1000;
    private const double ClipScale = 3;

    // Far beyond any tail, and small enough to be squared.
    private const double LargestScaled = 1e9;

    // A bin's slope is learned from the rows in it.
    private const long RowsPerBin = 50;
    private const int MinimumBins = 2;
    private const int MaximumBins = 16;

    private readonly bool _holdsImages;

    [ComponentName(Name = "center")]
    private readonly Tensor _center;

    [ComponentName(Name = "factor")]
    private readonly Tensor _factor;

    [ComponentName(Name = "bin_features")]
    private readonly Tensor _binFeatures;

    [ComponentName(Name = "bin_starts")]
    private readonly Tensor _binStarts;

    [ComponentName(Name = "bin_factors")]
    private readonly Tensor _binFactors;

    /// <summary>Creates an encoder whose scales and bins are yet to be filled in.</summary>
    /// <param name="featureCount">Length of the feature vector.</param>
    /// <param name="binCount">Bins of all features together.</param>
    /// <param name="holdsImages">Whether the features are an image's pixels, which are scaled and not binned.</param>
    public FeatureEncoder(int featureCount, int binCount, bool holdsImages)
        : base(nameof(FeatureEncoder))
    {
        _holdsImages = holdsImages;
        BinCount = binCount;
        Width = holdsImages ? featureCount : (2 * featureCount) + binCount;
        _center = zeros(featureCount);
        _factor = ones(featureCount);
        _binFeatures = zeros(binCount, ScalarType.Int64);
        _binStarts = zeros(binCount);
        _binFactors = zeros(binCount);
        RegisterComponents();
    }

    /// <summary>Bins of all features together.</summary>
    public int BinCount { get; }

    /// <summary>Length of an encoded row.</summary>
    public int Width { get; }

    /// <summary>Learns the scales and bins of plain feature vectors.</summary>
    /// <param name="features">float32 [rows, features], on the CPU.</param>
    /// <param name="classes">What the bins tell apart: a class a row, from 0.</param>
    public static FeatureEncoder OfVectors(Tensor features, int[] classes)
    {
        FeatureScale[] scales = FindScales(features, classes);
        var encoder = new FeatureEncoder(scales.Length, scales.Sum(scale => scale.Bins.Count), holdsImages: false);
        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGradient = no_grad();
        encoder._center.copy_(tensor(scales.Select(scale => scale.Center).ToArray()));
        encoder._factor.copy_(tensor(scales.Select(scale => scale.Factor).ToArray()));
        encoder._binFeatures.copy_(tensor(scales.SelectMany((scale, feature) => scale.Bins.Select(_ => (long)feature)).ToArray()));
        encoder._binStarts.copy_(tensor(scales.SelectMany(scale => scale.Bins.Select(bin => bin.Start)).ToArray()));
        encoder._binFactors.copy_(tensor(scales.SelectMany(scale => scale.Bins.Select(bin => bin.Factor)).ToArray()));
        return encoder;
    }

    /// <summary>Learns the scale of each channel of images.</summary>
    /// <param name="features">float32 [rows, channels · height · width].</param>
    /// <param name="channels">Channels of an image.</param>
    public static FeatureEncoder OfImages(Tensor features, int channels)
    {
        var encoder = new FeatureEncoder((int)features.shape[1], binCount: 0, holdsImages: true);
        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGradient = no_grad();
        Tensor pixels = RowsToRead(features).Rows.reshape(-1, channels, features.shape[1] / channels);
        Tensor mean = pixels.mean([0, 2], keepdim: true);
        Tensor deviation = (pixels - mean).Squared().mean([0, 2], keepdim: true).sqrt();
        Tensor perPixel = ones_like(pixels[0]);
        encoder._center.copy_((mean[0] * perPixel).reshape(-1));
        encoder._factor.copy_((where(deviation > 0.Held(), 1.Held() / deviation, zeros_like(deviation))[0] * perPixel).reshape(-1));
        return encoder;
    }

    /// <summary>Makes sure of a state that was read.</summary>
    /// <exception cref="FormatException">A bin is one of a feature that there is not.</exception>
    public void CheckState()
    {
        using DisposeScope scope = NewDisposeScope();
        if (_binFeatures.data<long>().ToArray().Any(feature => feature < 0 || feature >= _center.shape[0]))
        {
            throw new FormatException($"The model file has a bin of a feature beyond the {_center.shape[0]} there are.");
        }
    }

    /// <inheritdoc/>
    /// <param name="features">float32 [batch, features].</param>
    /// <returns>float32 [batch, <see cref="Width"/>].</returns>
    public override Tensor forward(Tensor features)
    {
        Tensor scaled = (features - _center) * _factor;
        if (_holdsImages)
        {
            return scaled;
        }

        scaled.clamp_((-LargestScaled).Held(), LargestScaled.Held());
        Tensor clipped = scaled / 1.Held().Plus((scaled / ClipScale.Held()).Squared()).sqrt();
        Tensor tails = scaled.asinh() / ClipScale.Held();
        Tensor bins = ((features.index_select(1, _binFeatures) - _binStarts) * _binFactors).clamp_(0.Held(), 1.Held()).sub_(0.5.Held());
        return cat([clipped, tails, bins], dim: 1);
    }

    private static FeatureScale[] FindScales(Tensor features, int[] classes)
    {
        using DisposeScope scope = NewDisposeScope();
        (Tensor rows, long stride) = RowsToRead(features);
        int[] rowClasses = [.. classes.Where((_, row) => row % stride == 0)];
        int maximumBins = (int)Math.Clamp(features.shape[0] / RowsPerBin, MinimumBins, MaximumBins);
        Tensor columns = rows.t().contiguous();
        return [.. Enumerable.Range(0, (int)features.shape[1]).Select(feature => FeatureScale.Of(columns[feature].data<float>().ToArray(), rowClasses, maximumBins))];
    }

    private static (Tensor Rows, long Stride) RowsToRead(Tensor features)
    {
        long read = Math.Max(MinimumRowsRead, MaximumValuesRead / features.shape[1]);
        long stride = (features.shape[0] + read - 1) / read;
        return (features.slice(0, 0, features.shape[0], stride), stride);
    }
}
