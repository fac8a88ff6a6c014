using Microsoft.ML.Implicit.Layers.Equilibrium;
using Microsoft.ML.Implicit.Layers.Ode;
using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Numerics;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>An image of several channels as state, which convolutions move. The head reads means over parts of it.</summary>
internal sealed partial class ConvolutionalField : OdeField
{
    // More pixels than these a side are reduced by the embedding.
    private const int LargestSide = 20;
    private const int PartsOfSide = 4;
    private const int PartsOfSignal = PartsOfSide * PartsOfSide;

    private readonly long[] _image;
    private readonly long[] _state;
    private readonly long[] _parts;
    private readonly long _stride;

    [ComponentName(Name = "embedding_weight")]
    private readonly Parameter? _embeddingWeight;

    [ComponentName(Name = "embedding_bias")]
    private readonly Parameter? _embeddingBias;

    [ComponentName(Name = "dynamics")]
    private readonly ConvolutionalDynamics _dynamics;

    /// <param name="architecture">Sizes.</param>
    /// <param name="generator">Source of the weights.</param>
    public ConvolutionalField(NeuralOdeArchitecture architecture, Generator generator)
        : base(nameof(ConvolutionalField))
    {
        ImageShape image = architecture.Image;
        _image = [-1, image.Channels, image.Height, image.Width];
        bool isEmbedded = architecture.StateWidth > 0;
        _stride = isEmbedded ? (Math.Max(image.Height, image.Width) + LargestSide - 1) / LargestSide : 1;
        if (isEmbedded)
        {
            var initializer = new CellInitializer(generator, ScalarType.Float32);
            long rows = KernelExtent(image.Height), columns = KernelExtent(image.Width);
            _embeddingWeight = initializer.Normal(1, image.Channels * rows * columns, architecture.StateWidth, image.Channels, rows, columns);
            _embeddingBias = initializer.Constant(0, architecture.StateWidth);
        }

        int channels = (isEmbedded ? architecture.StateWidth : image.Channels) + architecture.AugmentedDimensions;
        (int height, int width) = (Reduced(image.Height), Reduced(image.Width));
        _state = [-1, channels, height, width];
        _parts = height == 1 || width == 1 ? [Math.Min(height, PartsOfSignal), Math.Min(width, PartsOfSignal)] : [Math.Min(height, PartsOfSide), Math.Min(width, PartsOfSide)];
        FeatureWidth = (int)(channels * _parts[0] * _parts[1]);
        AugmentedWidth = (long)architecture.AugmentedDimensions * height * width;
        _dynamics = new ConvolutionalDynamics(channels, height, width, architecture.HiddenWidth, generator);
        RegisterComponents();
    }

    public override int FeatureWidth { get; }

    public override long AugmentedWidth { get; }

    public override nn.Module<Tensor, Tensor, Tensor> Dynamics => _dynamics;

    public override Tensor Embed(Tensor input) => _embeddingWeight is null
        ? input
        : ImageConvolution.Apply(input.view(_image), _embeddingWeight, _stride).Plus(_embeddingBias!.view(1, -1, 1, 1)).flatten(1);

    public override Tensor Readout(Tensor state) => nn.functional.adaptive_avg_pool2d(state.reshape(_state), _parts).flatten(1);

    // Each pixel is seen.
    private long KernelExtent(int length) => length == 1 ? 1 : (2 * _stride) + 1;

    private int Reduced(int length) => (int)((length + _stride - 1) / _stride);
}
