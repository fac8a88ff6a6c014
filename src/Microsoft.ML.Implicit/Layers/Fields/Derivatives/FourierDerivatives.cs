using Microsoft.ML.Implicit.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Layers.Fields.Derivatives;

/// <summary>
/// Derivatives along one axis by fast Fourier transforms. On a bounded axis the field, less a polynomial that meets the boundary conditions, is mirrored
/// there, with the opposite sign where its value is given, until it is periodic.
/// </summary>
internal sealed class FourierDerivatives : AxisDerivatives
{
    private readonly GridAxis _axis;
    private readonly int _highest;
    private readonly int _period;
    private readonly double[] _real;
    private readonly double[] _imaginary;

    /// <param name="axis">The axis.</param>
    /// <param name="highest">Highest derivative.</param>
    public FourierDerivatives(GridAxis axis, int highest)
    {
        (_axis, _highest) = (axis, highest);
        _period = axis.Points * (axis.IsPeriodic ? 1 : axis.Lower!.IsSlope == axis.Upper!.IsSlope ? 2 : 4);
        int waves = (_period / 2) + 1;
        (_real, _imaginary) = (new double[highest * waves], new double[highest * waves]);
        for (int m = 1; m <= highest; m++)
        {
            for (int wave = 0; wave < waves; wave++)
            {
                // The derivative of the fastest wave is 0 at all points, if it is odd.
                bool vanishes = m % 2 == 1 && 2 * wave == _period;
                double factor = vanishes ? 0 : Math.Pow(2 * Math.PI * wave / (_period * axis.Spacing), m) * (m % 4 < 2 ? 1 : -1);
                (m % 2 == 0 ? _real : _imaginary)[((m - 1) * waves) + wave] = factor;
            }
        }
    }

    public override Tensor Compute(Tensor field)
    {
        ArgumentNullException.ThrowIfNull(field);
        using DisposeScope scope = NewDisposeScope();
        BoundaryLift? lift = _axis.IsPeriodic ? null : new BoundaryLift(_axis);
        Tensor periodic = lift is null ? field : Mirror(field.sub(Constant(lift.Values, [_axis.Points], field)));
        long[] shape = [_highest, (_period / 2) + 1];
        Tensor factors = complex(Constant(_real, shape, field), Constant(_imaginary, shape, field));
        Tensor waves = fft.rfft(periodic, _period).unsqueeze(-2) * factors;
        Tensor derivatives = fft.irfft(waves, _period).narrow(-1, 0, _axis.Points).transpose(-1, -2);
        return (lift is null ? derivatives : derivatives.Plus(Constant(lift.Derivatives(_highest), [_axis.Points, _highest], field))).MoveToOuterDisposeScope();
    }

    private Tensor Mirror(Tensor field)
    {
        Tensor mirrored = field.flip(-1);
        Tensor half = cat([field, _axis.Upper!.IsSlope ? mirrored : mirrored.neg()], -1);
        return _axis.Lower!.IsSlope == _axis.Upper.IsSlope ? half : cat([half, half.neg()], -1);
    }

    private static Tensor Constant(double[] values, long[] shape, Tensor like) => NativeTensor.Of(values, shape).to(like.dtype, like.device);
}
