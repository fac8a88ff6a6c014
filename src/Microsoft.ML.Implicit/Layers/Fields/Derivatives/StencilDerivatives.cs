using Microsoft.ML.Implicit.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Layers.Fields.Derivatives;

/// <summary>Derivatives by one stencil at all points, of values that are continued beyond the ends of the axis.</summary>
internal sealed class StencilDerivatives : AxisDerivatives
{
    private readonly int _points;
    private readonly int _reach;
    private readonly int _highest;
    private readonly double[] _weights;
    private readonly GhostValues? _lower;
    private readonly GhostValues? _upper;

    /// <param name="axis">The axis.</param>
    /// <param name="highest">Highest derivative.</param>
    /// <param name="reach">Points to either side that the stencil looks at.</param>
    /// <param name="lower">Values beyond the lower end; <see langword="null"/> where the axis is periodic.</param>
    /// <param name="upper">Values beyond the upper end; <see langword="null"/> where the axis is periodic.</param>
    public StencilDerivatives(GridAxis axis, int highest, int reach, GhostValues? lower, GhostValues? upper)
    {
        (_points, _reach, _highest, _lower, _upper) = (axis.Points, reach, highest, lower, upper);
        double[] nodes = [.. Enumerable.Range(-reach, (2 * reach) + 1).Select(k => (double)k)];
        double[][] derivatives = [.. Enumerable.Range(1, highest).Select(m => DifferenceWeights.Of(0, nodes, m))];
        _weights = [.. nodes.SelectMany((_, k) => derivatives.Select((weights, m) => weights[k] / Math.Pow(axis.Spacing, m + 1)))];
    }

    public override Tensor Compute(Tensor field)
    {
        ArgumentNullException.ThrowIfNull(field);
        using DisposeScope scope = NewDisposeScope();
        Tensor continued = cat([Below(field), field, Above(field)], -1);
        return continued.unfold(-1, (2 * _reach) + 1, 1).matmul(Constant(_weights, [(2 * _reach) + 1, _highest], field)).MoveToOuterDisposeScope();
    }

    public override IReadOnlyList<int> Support(int point)
    {
        IEnumerable<int> around = Enumerable.Range(point - _reach, (2 * _reach) + 1);
        if (_lower is null)
        {
            return [.. around.Select(place => (place + _points) % _points).Distinct()];
        }

        IEnumerable<int> atLower = point < _reach ? Enumerable.Range(0, _lower.Near) : [];
        IEnumerable<int> atUpper = point >= _points - _reach ? Enumerable.Range(_points - _upper!.Near, _upper.Near) : [];
        return [.. around.Where(place => place >= 0 && place < _points).Concat(atLower).Concat(atUpper).Distinct()];
    }

    private Tensor Below(Tensor field) => _lower is null
        ? field.narrow(-1, _points - _reach, _reach)
        : Ghosts(_lower, field.narrow(-1, 0, _lower.Near)).flip(-1);

    private Tensor Above(Tensor field) => _upper is null
        ? field.narrow(-1, 0, _reach)
        : Ghosts(_upper, field.narrow(-1, _points - _upper.Near, _upper.Near).flip(-1));

    // From the boundary outwards.
    private static Tensor Ghosts(GhostValues ghosts, Tensor near)
    {
        Tensor weights = Constant([.. ghosts.Weights.SelectMany(row => row)], [ghosts.Weights.Length, ghosts.Near], near);
        return near.matmul(weights.t()).Plus(Constant(ghosts.Constants, [ghosts.Constants.Length], near));
    }

    private static Tensor Constant(double[] values, long[] shape, Tensor like) => NativeTensor.Of(values, shape).to(like.dtype, like.device);
}
