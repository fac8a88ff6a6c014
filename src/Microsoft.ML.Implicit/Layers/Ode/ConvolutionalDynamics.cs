using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Numerics;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Layers.Ode;

/// <summary>
/// Dynamics of images: a convolution, group normalisation, tanh and a second convolution, with the time as a shift of the first one's channels. Images
/// of one row are convolved along it.
/// </summary>
internal sealed class ConvolutionalDynamics : nn.Module<Tensor, Tensor, Tensor>
{
    private const int LargestGroupCount = 8;
    private const int KernelSize = 3;

    /// <summary>Added to variances that are divided by.</summary>
    public const double Epsilon = 1e-5;

    // A path that hardly bends takes few steps when training begins.
    private const double OuterGain = 0.1;

    private readonly long[] _shape;
    private readonly long _groups;

    [ComponentName(Name = "inner_weight")]
    private readonly Parameter _innerWeight;

    [ComponentName(Name = "time_weight")]
    private readonly Parameter _timeWeight;

    [ComponentName(Name = "scale")]
    private readonly Parameter _scale;

    [ComponentName(Name = "shift")]
    private readonly Parameter _shift;

    [ComponentName(Name = "outer_weight")]
    private readonly Parameter _outerWeight;

    [ComponentName(Name = "outer_bias")]
    private readonly Parameter _outerBias;

    /// <param name="channels">Channels of the state.</param>
    /// <param name="height">Rows of pixels.</param>
    /// <param name="width">Pixels a row.</param>
    /// <param name="hiddenChannels">Channels between the convolutions.</param>
    /// <param name="generator">Source of the initial values.</param>
    public ConvolutionalDynamics(int channels, int height, int width, int hiddenChannels, Generator generator)
        : base(nameof(ConvolutionalDynamics))
    {
        _shape = [-1, channels, height, width];
        _groups = (long)System.Numerics.BigInteger.GreatestCommonDivisor(hiddenChannels, LargestGroupCount);
        (int rows, int columns) = (KernelExtent(height), KernelExtent(width));
        _innerWeight = Normal(1, channels * rows * columns, hiddenChannels, channels, rows, columns);
        _timeWeight = Normal(1, 1, hiddenChannels);
        _scale = new Parameter(ones(hiddenChannels));
        _shift = new Parameter(zeros(hiddenChannels));
        _outerWeight = Normal(OuterGain, hiddenChannels * rows * columns, channels, hiddenChannels, rows, columns);
        _outerBias = new Parameter(zeros(channels));
        RegisterComponents();

        Parameter Normal(double gain, long fanIn, params long[] shape)
        {
            using var scope = NewDisposeScope();
            return new Parameter(randn(shape, generator: generator).mul_((gain / Math.Sqrt(fanIn)).Held()).MoveToOuterDisposeScope());
        }
    }

    /// <summary>Groups of channels that are normalised together.</summary>
    public long Groups => _groups;

    /// <summary>Evaluates f(t, z) within autograd.</summary>
    /// <param name="time">t, of one element, or <c>[batch, 1]</c>.</param>
    /// <param name="state">z, <c>[batch, channels · height · width]</c>.</param>
    /// <returns>dz/dt, of the shape of <paramref name="state"/>.</returns>
    public override Tensor forward(Tensor time, Tensor state)
    {
        Tensor shift = (time.view(-1, 1) * _timeWeight).unsqueeze(-1).unsqueeze(-1);
        Tensor inner = ImageConvolution.Apply(state.view(_shape), _innerWeight).Plus(shift);
        Tensor hidden = nn.functional.group_norm(inner, _groups, _scale, _shift, Epsilon).tanh();
        return ImageConvolution.Apply(hidden, _outerWeight).Plus(_outerBias.view(1, -1, 1, 1)).reshape(state.shape);
    }

    private static int KernelExtent(int length) => length == 1 ? 1 : KernelSize;
}
