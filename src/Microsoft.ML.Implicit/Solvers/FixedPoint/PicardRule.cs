using Microsoft.ML.Implicit.Native;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.FixedPoint;

/// <summary>z ← z + damping · (f(z) − z).</summary>
internal sealed class PicardRule(double damping) : IterationRule
{
    private Tensor? _next;

    public override Tensor Measure(Tensor z, Tensor f)
    {
        Tensor g = f - z;
        _next = damping == 1 ? f : z.add(g, alpha: damping.Held());
        return g.norm(1, true, 2f);
    }

    public override double SquaredResidual(ReadOnlySpan<double> measured) => measured[0] * measured[0];

    public override Tensor Next(ReadOnlySpan<double> measured, int stride) => _next!;

    public override void SelectRows(Tensor rows, ReadOnlySpan<int> kept)
    {
    }
}
