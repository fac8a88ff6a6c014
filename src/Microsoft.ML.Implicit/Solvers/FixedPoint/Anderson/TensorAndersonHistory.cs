using Microsoft.ML.Implicit.Native;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.FixedPoint;

/// <summary>A history by tensor operations, on any device.</summary>
/// <remarks>
/// The rings are [memory, rows, width], each slot contiguous, so that writing one is a plain copy, while batched matrix
/// products read them as [rows, memory, width].
/// </remarks>
internal sealed class TensorAndersonHistory : AndersonHistory
{
    private Tensor _images;
    private Tensor _residuals;

    public TensorAndersonHistory(int memory, Tensor start)
        : base(memory)
    {
        _images = empty([memory, .. start.shape], start.dtype, start.device).MoveToOuterDisposeScope();
        _residuals = empty_like(_images).MoveToOuterDisposeScope();
    }

    public override Tensor Combine(ReadOnlySpan<double> values, double damping)
    {
        Tensor weights = HostValues.Write(values, [_images.shape[1], 1, Count], _images);
        Tensor next = weights.bmm(InUse(_images));
        if (damping != 0)
        {
            next.sub_(weights.bmm(InUse(_residuals)).mul_(damping.Held()));
        }

        return next.squeeze(1);
    }

    public override void SelectRows(Tensor rows)
    {
        Select(ref _images, 1, rows);
        Select(ref _residuals, 1, rows);
    }

    protected override Tensor Store(Tensor z, Tensor f)
    {
        _images.select(0, Newest).copy_(f);
        Tensor residual = _residuals.select(0, Newest).copy_(f).sub_(z);

        // A row times a matrix: libraries do this several times faster than a matrix times a column.
        return residual.unsqueeze(1).bmm(InUse(_residuals).transpose(1, 2)).squeeze(1);
    }

    private Tensor InUse(Tensor ring) => (Count == Memory ? ring : ring.narrow(0, 0, Count)).transpose(0, 1);
}
