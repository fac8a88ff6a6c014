using Microsoft.ML.Implicit.Numerics;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Layers.Equilibrium;

/// <summary>A convolution, group normalisation and a rectifier.</summary>
internal sealed class NormalizedConvolution : nn.Module<Tensor, Tensor>
{
    public const double Epsilon = 1e-5;

    private const int LargestGroupCount = 8;

    private readonly long _stride;

    [ComponentName(Name = "weight")]
    private readonly Parameter _weight;

    [ComponentName(Name = "scale")]
    private readonly Parameter _scale;

    [ComponentName(Name = "shift")]
    private readonly Parameter _shift;

    /// <param name="input">Input channels.</param>
    /// <param name="output">Output channels.</param>
    /// <param name="stride">Stride; the kernel spans 2 · stride + 1 pixels, so that each pixel is seen.</param>
    /// <param name="initializer">Draws the weights.</param>
    public NormalizedConvolution(int input, int output, int stride, CellInitializer initializer)
        : base(nameof(NormalizedConvolution))
    {
        int size = (2 * stride) + 1;
        _stride = stride;
        _weight = initializer.Normal(Math.Sqrt(2), input * size * size, output, input, size, size);
        _scale = initializer.Constant(1, output);
        _shift = initializer.Constant(0, output);
        RegisterComponents();
    }

    public long Stride => _stride;

    /// <summary>Groups of channels that are normalised together.</summary>
    public long Groups => GreatestCommonDivisor(_weight.shape[0], LargestGroupCount);

    public Tensor Weight => _weight;

    public Tensor Scale => _scale;

    public Tensor Shift => _shift;

    public override Tensor forward(Tensor input)
    {
        Tensor sum = ImageConvolution.Apply(input, _weight, _stride);
        return nn.functional.group_norm(sum, Groups, _scale, _shift, Epsilon).relu_();
    }

    private static long GreatestCommonDivisor(long a, long b) => b == 0 ? a : GreatestCommonDivisor(b, a % b);
}
