using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Numerics;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.FixedPoint;

/// <summary>The inverse Jacobian −I + Σ uᵢ vᵢᵀ of one solve by Broyden's method, for each row by itself.</summary>
internal sealed class BroydenRule(BroydenSettings settings) : IterationRule
{
    private Tensor? _left;
    private Tensor? _right;
    private Tensor? _step;
    private Tensor? _g;
    private Tensor? _z;
    private int _count;

    public override Tensor Measure(Tensor z, Tensor f)
    {
        Tensor g = f - z;
        if (_step is null)
        {
            Allocate(z);
        }
        else
        {
            Update(_step, g - _g!);
        }

        _g!.copy_(g);
        _z = z;
        return g.norm(1, true, 2f);
    }

    public override double SquaredResidual(ReadOnlySpan<double> measured) => measured[0] * measured[0];

    public override Tensor Next(ReadOnlySpan<double> measured, int stride)
    {
        _step!.copy_(Apply(_left!, _right!, _g!)).neg_();
        return _z!.Plus(_step);
    }

    public override void SelectRows(Tensor rows, ReadOnlySpan<int> kept)
    {
        Select(ref _step, 0, rows);
        Select(ref _g, 0, rows);
        Select(ref _left, 1, rows);
        Select(ref _right, 1, rows);
    }

    private void Allocate(Tensor z)
    {
        long[] shape = [settings.Memory, .. z.shape];
        _step = empty_like(z).MoveToOuterDisposeScope();
        _g = empty_like(z).MoveToOuterDisposeScope();
        _left = empty(shape, z.dtype, z.device).MoveToOuterDisposeScope();
        _right = empty(shape, z.dtype, z.device).MoveToOuterDisposeScope();
    }

    /// <summary>Adds (Δz − J⁻¹Δg)(ΔzᵀJ⁻¹) / (ΔzᵀJ⁻¹Δg), so that J⁻¹Δg = Δz.</summary>
    private void Update(Tensor dz, Tensor dg)
    {
        if (_count == settings.Memory)
        {
            _count = 0;
        }

        Tensor right = Apply(_right!, _left!, dz);
        Tensor denominator = right.mul(dg).sum(1, keepdim: true);
        Tensor left = dz.sub(Apply(_left!, _right!, dg)).div_(denominator);
        Tensor vanishes = denominator.abs() <= right.norm(1, true, 2f).mul_(dg.norm(1, true, 2f)).mul_(MachineEpsilon.Of(dz.dtype).Held());
        _left!.select(0, _count).copy_(left.masked_fill_(vanishes, 0.Held()));
        _right!.select(0, _count).copy_(right);
        _count++;
    }

    /// <summary>−x + Σ outᵢ (inᵢᵀ x).</summary>
    private Tensor Apply(Tensor output, Tensor input, Tensor x)
    {
        if (_count == 0)
        {
            return x.neg();
        }

        Tensor products = x.unsqueeze(1).bmm(Used(input).transpose(1, 2));
        return products.bmm(Used(output)).squeeze(1).sub_(x);
    }

    private Tensor Used(Tensor terms) => terms.narrow(0, 0, _count).transpose(0, 1);

    private static void Select(ref Tensor? field, long dimension, Tensor rows)
    {
        Tensor selected = field!.index_select(dimension, rows).MoveToOuterDisposeScope();
        field.Dispose();
        field = selected;
    }
}
