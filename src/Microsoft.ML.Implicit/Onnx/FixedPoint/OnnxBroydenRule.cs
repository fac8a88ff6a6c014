using Microsoft.ML.Implicit.Numerics;
using Microsoft.ML.Implicit.Solvers.FixedPoint;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Onnx.FixedPoint;

/// <summary>Broyden's method with the inverse Jacobian −I + Σ uᵢ vᵢᵀ, as <see cref="BroydenSolver"/>.</summary>
/// <remarks>Terms that are not in use are zero.</remarks>
internal sealed class OnnxBroydenRule(BroydenSettings settings) : OnnxIterationRule(settings)
{
    private readonly int _memory = Math.Min(settings.Memory, settings.MaximumIterations);

    public override OnnxValue[] CreateMemory(OnnxValue start, int width)
    {
        OnnxValue none = start.Graph.Number(0);
        OnnxValue terms = start.Graph.PerRow(none, start, _memory, width);
        OnnxValue vector = start.Graph.PerRow(none, start, width);
        return [terms, terms, vector, vector];
    }

    public override (OnnxValue Residual, OnnxValue Next, OnnxValue[] Memory) Advance(OnnxValue iteration, OnnxValue z, OnnxValue f, OnnxValue[] memory)
    {
        OnnxGraph graph = z.Graph;
        (OnnxValue left, OnnxValue right, OnnxValue dz, OnnxValue previous) = (memory[0], memory[1], memory[2], memory[3]);
        OnnxValue g = f - z;
        OnnxValue dg = g - previous;

        // The first iteration has nothing to update from, and a full memory starts afresh.
        OnnxValue updates = iteration - 1;
        OnnxValue place = updates - ((updates / (double)_memory) * _memory);
        OnnxValue startsAfresh = place <= 0;
        left = startsAfresh.Where(left * 0, left);
        right = startsAfresh.Where(right * 0, right);
        OnnxValue newRight = Apply(right, left, dz);
        OnnxValue denominator = (newRight * dg).Sum(1);
        OnnxValue vanishes = denominator.Abs().To(OnnxType.Double) <= Norm(newRight) * Norm(dg) * MachineEpsilon.Of(ScalarType.Float32);
        OnnxValue newLeft = vanishes.Where(dz * 0, (dz - Apply(left, right, dg)) / denominator);
        long[] places = [.. Enumerable.Range(0, _memory).Select(i => (long)i)];
        OnnxValue isPlace = graph.Constant(places, 1, _memory, 1).EqualTo(place);
        left = isPlace.Where(newLeft.Unsqueeze(1), left);
        right = isPlace.Where(newRight.Unsqueeze(1), right);
        OnnxValue step = -Apply(left, right, g);
        return (Norm(g), z + step, [left, right, step, g]);
    }

    /// <summary>−x + Σ outᵢ (inᵢᵀ x).</summary>
    private static OnnxValue Apply(OnnxValue output, OnnxValue input, OnnxValue x)
    {
        OnnxValue products = input.MatrixProduct(x.Unsqueeze(2));
        return (output * products).Sum(1, keep: false) - x;
    }
}
