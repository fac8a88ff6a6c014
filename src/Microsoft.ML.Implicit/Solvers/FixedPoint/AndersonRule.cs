using Microsoft.ML.Implicit.Native;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.FixedPoint;

/// <summary>The history of one solve by Anderson acceleration.</summary>
/// <remarks>
/// The last images and residuals stand in rings [memory, rows, width], each slot contiguous, so that writing one is a
/// plain copy, while batched matrix products read the rings as [rows, memory, width].
/// </remarks>
internal sealed class AndersonRule(AndersonSettings settings) : IterationRule
{
    private Tensor? _images;
    private Tensor? _residuals;
    private GramSystem? _gram;
    private double[] _weights = [];
    private int _slot = -1;
    private int _count;

    public override Tensor Measure(Tensor z, Tensor f)
    {
        if (_gram is null)
        {
            Allocate(z);
        }

        _slot = (_slot + 1) % settings.Memory;
        _count = Math.Min(_count + 1, settings.Memory);
        _images!.select(0, _slot).copy_(f);
        Tensor residual = _residuals!.select(0, _slot).copy_(f).sub_(z);

        // A row times a matrix: libraries do this several times faster than a matrix times a column.
        return residual.unsqueeze(1).bmm(History(_residuals).transpose(1, 2)).squeeze(1);
    }

    public override double SquaredResidual(ReadOnlySpan<double> measured) => measured[_slot];

    public override Tensor Next(ReadOnlySpan<double> measured, int stride)
    {
        _gram!.SetRow(_slot, _count, measured, stride);
        _gram.Solve(_slot, _count, _weights);
        long rows = _images!.shape[1];
        Tensor weights = HostValues.Write(_weights, [rows, 1, _count], _images);
        Tensor next = weights.bmm(History(_images));
        if (settings.Mixing != 1)
        {
            next.sub_(weights.bmm(History(_residuals!)).mul_((1 - settings.Mixing).Held()));
        }

        return next.squeeze(1);
    }

    public override void SelectRows(Tensor rows, ReadOnlySpan<int> kept)
    {
        _images = Select(_images!, rows);
        _residuals = Select(_residuals!, rows);
        _gram!.SelectRows(kept);
    }

    private static Tensor Select(Tensor history, Tensor rows)
    {
        Tensor selected = history.index_select(1, rows).MoveToOuterDisposeScope();
        history.Dispose();
        return selected;
    }

    private Tensor History(Tensor ring) => (_count == settings.Memory ? ring : ring.narrow(0, 0, _count)).transpose(0, 1);

    private void Allocate(Tensor z)
    {
        long[] shape = [settings.Memory, .. z.shape];
        _images = empty(shape, z.dtype, z.device).MoveToOuterDisposeScope();
        _residuals = empty_like(_images).MoveToOuterDisposeScope();
        int rows = (int)z.shape[0];
        double rounding = z.dtype == ScalarType.Float64 ? Math.ScaleB(1, -52) : Math.ScaleB(1, -23);
        _gram = new GramSystem(rows, settings.Memory, Math.Max(settings.Ridge, 8 * rounding));
        _weights = new double[rows * settings.Memory];
    }
}
