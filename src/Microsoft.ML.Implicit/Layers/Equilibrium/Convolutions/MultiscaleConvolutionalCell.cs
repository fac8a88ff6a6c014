using Microsoft.ML.Implicit.Layers.Equilibrium.Managed;
using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Numerics;
using Microsoft.ML.Implicit.Solvers.FixedPoint.Managed;
using TorchSharp;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Layers.Equilibrium;

/// <summary>
/// A cell for images whose state lives at several resolutions at once, fused in each iteration (Bai, Koltun and Kolter
/// 2020, "Multiscale deep equilibrium models"): f(z, x) = e + κ T tanh(K z + A e + a), where K convolves each resolution by
/// itself, T all resolutions with one another, and e is a convolutional pyramid of the image with group normalisation.
/// </summary>
/// <remarks>
/// As in <see cref="DenseResidualCell"/> the recurrent kernels are scaled to ‖K‖₂ ≤ 1 and ‖T‖₂ ≤ 1 by guaranteed bounds,
/// so that ‖∂f/∂z‖₂ ≤ κ &lt; 1. The original normalises inside the iteration; there the Jacobian grows without limit
/// as the variance of a group falls and convergence must be hoped for, so here normalisation stays in the
/// pyramid and in the readout.
/// </remarks>
/// <example><code>
/// var images = new MultiscaleConvolutionalCell(channels: 1, height: 8, width: 8, scaleWidths: [8, 16], generator);
/// Tensor perImage = images.Readout(new DeepEquilibrium(images).forward(randn(2, 64, generator: generator)));
/// </code></example>
public sealed class MultiscaleConvolutionalCell : FeatureCell
{
    private const int FinestSize = 16;
    internal const int ReadoutGrid = 4;

    private readonly (int Channels, int Height, int Width) _image;
    private readonly int _multiple;
    private readonly double _dropout;
    private readonly double _contraction;
    private readonly Generator _generator;
    private readonly ImageScale[] _scales;
    private readonly ScaleFusion _fusion;

    [ComponentName(Name = "pyramid")]
    private readonly ModuleList<NormalizedConvolution> _pyramid;

    [ComponentName(Name = "injection_weights")]
    private readonly ParameterList _injectionWeights;

    [ComponentName(Name = "injection_biases")]
    private readonly ParameterList _injectionBiases;

    [ComponentName(Name = "inner_weights")]
    private readonly ParameterList _innerWeights;

    [ComponentName(Name = "outer_weights")]
    private readonly ParameterList _outerWeights;

    /// <summary>Creates the cell with random weights.</summary>
    /// <param name="channels">Channels of the image.</param>
    /// <param name="height">Height of the image in pixels.</param>
    /// <param name="width">Width of the image in pixels.</param>
    /// <param name="scaleWidths">Channels of the state at each resolution, finest first; each halves the one before.</param>
    /// <param name="generator">Source of the initial weights and of dropout, on the CPU; kept.</param>
    /// <param name="dropout">Probability that a feature is dropped while training, in [0, 1).</param>
    /// <param name="contraction">κ, in (0, 1); smaller solves faster.</param>
    /// <param name="dtype">Float32 or Float64.</param>
    /// <param name="name">Name of the module.</param>
    /// <exception cref="ArgumentException">There are no scales, or more than the image has room for.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A size, the dropout or the contraction is out of range.</exception>
    public MultiscaleConvolutionalCell(int channels, int height, int width, IReadOnlyList<int> scaleWidths, Generator generator, double dropout = 0, double contraction = 0.9, ScalarType dtype = ScalarType.Float32, string name = nameof(MultiscaleConvolutionalCell))
        : base(name, FeaturesOf(scaleWidths))
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(channels, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(height, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        ArgumentNullException.ThrowIfNull(generator);
        CellArguments.RequireDropout(dropout);
        CellArguments.RequireContraction(contraction);
        NativeBackend.EnsureLoaded();
        _image = (channels, height, width);
        _generator = generator;
        _dropout = dropout;
        _contraction = contraction;
        int stride = (Math.Max(height, width) + FinestSize - 1) / FinestSize;
        _multiple = stride << (scaleWidths.Count - 1);
        if (_multiple > Math.Max(height, width))
        {
            throw new ArgumentException($"An image of {height} x {width} pixels has no room for {scaleWidths.Count} resolutions.", nameof(scaleWidths));
        }

        _scales = Layout(scaleWidths, Padded(height) / stride, Padded(width) / stride);
        _fusion = new ScaleFusion(_scales);
        var initializer = new CellInitializer(generator, dtype);
        _pyramid = new ModuleList<NormalizedConvolution>(
        [
            new NormalizedConvolution(channels, scaleWidths[0], stride, initializer),
            new NormalizedConvolution(scaleWidths[0], scaleWidths[0], 1, initializer),
            .. scaleWidths.Zip(scaleWidths.Skip(1), (finer, coarser) => new NormalizedConvolution(finer, coarser, 2, initializer)),
        ]);
        _injectionWeights = new ParameterList([.. scaleWidths.Select(c => initializer.Normal(1, c, c, c, 1, 1))]);
        _injectionBiases = new ParameterList([.. scaleWidths.Select(c => initializer.Constant(0, c))]);
        _innerWeights = new ParameterList([.. scaleWidths.Select(c => initializer.Normal(0.5, c * 9, c, c, 3, 3))]);
        _outerWeights = new ParameterList(_fusion.CreateKernels(initializer, 0.5));
        RegisterComponents();
    }

    /// <summary>Resolutions of the state, finest first.</summary>
    internal IReadOnlyList<ImageScale> Scales => _scales;

    /// <summary>Shape of the images.</summary>
    internal (int Channels, int Height, int Width) Image => _image;

    /// <summary>Rows and columns of zeros that are added to an image, so that each resolution halves the one before.</summary>
    internal (int Height, int Width) Padding => (Padded(_image.Height) - _image.Height, Padded(_image.Width) - _image.Width);

    /// <summary>The pyramid that embeds an image: two steps to the finest resolution and one to each further.</summary>
    internal IReadOnlyList<NormalizedConvolution> Pyramid => [.. _pyramid];

    private int StateWidth => _scales[^1].Offset + _scales[^1].Length;

    /// <inheritdoc/>
    public override Tensor InitialState(Tensor x)
    {
        ArgumentNullException.ThrowIfNull(x);
        return zeros(x.shape[0], StateWidth, x.dtype, x.device);
    }

    /// <inheritdoc/>
    public override Injection Inject(Tensor x)
    {
        ArgumentNullException.ThrowIfNull(x);
        Tensor level = x.view(x.shape[0], _image.Channels, _image.Height, _image.Width);
        level = nn.functional.pad(level, [0, Padding.Width, 0, Padding.Height]);
        level = _pyramid[0].call(level);
        var embedded = new List<Tensor>();
        var injected = new List<Tensor>();
        for (int scale = 0; scale < _scales.Length; scale++)
        {
            level = _pyramid[scale + 1].call(level);
            embedded.Add(level.flatten(1));
            injected.Add(ImageConvolution.Apply(level, _injectionWeights[scale]).Plus(_injectionBiases[scale].view(-1, 1, 1)));
        }

        return new Injection([.. injected, cat(embedded, 1)], LimitedWeights);
    }

    /// <inheritdoc/>
    public override Tensor Iterate(Tensor z, Injection injection)
    {
        ArgumentNullException.ThrowIfNull(z);
        ArgumentNullException.ThrowIfNull(injection);
        return _fusion.Apply(Hidden(z, injection), Outer(injection)).Plus(injection.Rows[^1]);
    }

    /// <inheritdoc/>
    public override CellLinearization Linearize(Tensor z, Injection injection)
    {
        ArgumentNullException.ThrowIfNull(z);
        ArgumentNullException.ThrowIfNull(injection);
        using IDisposable noGraph = no_grad();
        return new Linearization(this, [.. Hidden(z, injection).Select(hidden => hidden.Squared().neg_().PlusInPlace(1.Held()))], injection);
    }

    internal override ManagedBatchMap? CreateManagedMap(Injection injection, Tensor state) =>
        state.device_type == DeviceType.CPU && state.dtype == ScalarType.Float32
            ? new ManagedMultiscaleMap(_scales, [.. injection.Shared.Take(_scales.Length)], Outer(injection), injection.Rows)
            : null;

    /// <summary>Reads features out of an equilibrium: the mean of each channel over a 4 × 4 grid, at each resolution.</summary>
    /// <param name="z">Equilibrium [batch, total].</param>
    /// <returns>Features [batch, <see cref="FeatureCell.FeatureWidth"/>].</returns>
    public override Tensor Readout(Tensor z)
    {
        ArgumentNullException.ThrowIfNull(z);
        Tensor features = cat([.. _scales.Select(scale => nn.functional.adaptive_avg_pool2d(scale.Of(z), ReadoutGrid).flatten(1))], 1);
        return training ? Dropout.Of(features, [_dropout], _generator) : features;
    }

    /// <inheritdoc/>
    protected override IReadOnlyList<Tensor> LimitWeights() =>
    [
        .. _innerWeights.Select(kernel => kernel / SpectralBound.OfConvolution(kernel).clamp_min(1.Held())),
        .. _fusion.Limit([.. _outerWeights], _contraction),
    ];

    private static int FeaturesOf(IReadOnlyList<int> scaleWidths)
    {
        ArgumentNullException.ThrowIfNull(scaleWidths);
        if (scaleWidths.Count == 0 || scaleWidths.Any(channels => channels < 1))
        {
            throw new ArgumentException("There must be at least one resolution, each with at least one channel.", nameof(scaleWidths));
        }

        return scaleWidths.Sum() * ReadoutGrid * ReadoutGrid;
    }

    private static ImageScale[] Layout(IReadOnlyList<int> scaleWidths, int height, int width)
    {
        var scales = new ImageScale[scaleWidths.Count];
        int offset = 0;
        for (int i = 0; i < scales.Length; i++)
        {
            scales[i] = new ImageScale(scaleWidths[i], height >> i, width >> i, offset);
            offset += scales[i].Length;
        }

        return scales;
    }

    private int Padded(int size) => (size + _multiple - 1) / _multiple * _multiple;

    private Tensor[] Outer(Injection injection) => [.. injection.Shared.Skip(_scales.Length)];

    private Tensor[] Hidden(Tensor z, Injection injection)
    {
        var hidden = new Tensor[_scales.Length];
        for (int i = 0; i < hidden.Length; i++)
        {
            hidden[i] = ImageConvolution.Apply(_scales[i].Of(z), injection.Shared[i]).Plus(injection.Rows[i]).tanh();
        }

        return hidden;
    }

    private sealed class Linearization(MultiscaleConvolutionalCell cell, Tensor[] slopes, Injection injection) : CellLinearization
    {
        public override Tensor VectorJacobianProduct(Tensor vector)
        {
            Tensor[] columns = cell._fusion.ApplyTransposed(vector, cell.Outer(injection));
            for (int i = 0; i < columns.Length; i++)
            {
                Tensor product = columns[i].mul_(slopes[i]);
                columns[i] = ImageConvolution.ApplyTransposed(product, injection.Shared[i]).flatten(1);
            }

            return cat(columns, 1);
        }

        public override CellLinearization SelectRows(Tensor rows) =>
            new Linearization(cell, [.. slopes.Select(slope => slope.index_select(0, rows))], injection);
    }
}
