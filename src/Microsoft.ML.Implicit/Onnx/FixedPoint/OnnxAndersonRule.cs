using Microsoft.ML.Implicit.Solvers.FixedPoint;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Onnx.FixedPoint;

/// <summary>Anderson acceleration, as <see cref="AndersonSolver"/>: the same Gram matrices, ridge and steps.</summary>
/// <remarks>Slots are shifted, the newest first; one that is not in use has a zero on the diagonal of the Gram matrix and gets no weight.</remarks>
internal sealed class OnnxAndersonRule(AndersonSettings settings) : OnnxIterationRule(settings)
{
    private readonly int _memory = settings.Memory;
    private readonly double _ridge = settings.RidgeOf(ScalarType.Float32);

    public override OnnxValue[] CreateMemory(OnnxValue start, int width)
    {
        OnnxGraph graph = start.Graph;
        OnnxValue slots = graph.PerRow(graph.Number(0), start, _memory, width);
        return [slots, slots, graph.PerRow(graph.Number(0, OnnxType.Double), start, _memory, _memory)];
    }

    public override (OnnxValue Residual, OnnxValue Next, OnnxValue[] Memory) Advance(OnnxValue iteration, OnnxValue z, OnnxValue f, OnnxValue[] memory)
    {
        OnnxValue g = f - z;
        OnnxValue images = Push(f.Unsqueeze(1), memory[0], 1);
        OnnxValue residuals = Push(g.Unsqueeze(1), memory[1], 1);
        OnnxValue products = residuals.MatrixProduct(g.Unsqueeze(2)).To(OnnxType.Double);
        OnnxValue gram = PushGram(products, memory[2]);
        OnnxValue weights = Weights(gram).To(OnnxType.Single).Unsqueeze(1);
        OnnxValue combined = settings.Mixing == 1 ? images : images - (residuals * (1 - settings.Mixing));
        return (products.Slice(1, 0, 1).Squeeze(2).Sqrt(), weights.MatrixProduct(combined).Squeeze(1), [images, residuals, gram]);
    }

    private OnnxValue Push(OnnxValue newest, OnnxValue slots, long axis) =>
        _memory == 1 ? newest : OnnxValue.Concatenate(axis, newest, slots.Slice(axis, 0, _memory - 1));

    /// <param name="products">Products of the newest residual with each, [rows, memory, 1].</param>
    /// <param name="gram">[rows, memory, memory].</param>
    private OnnxValue PushGram(OnnxValue products, OnnxValue gram)
    {
        OnnxValue top = products.Transpose(0, 2, 1);
        return _memory == 1
            ? top
            : OnnxValue.Concatenate(1, top, Push(products.Slice(1, 1, _memory), gram.Slice(1, 0, _memory - 1), 2));
    }

    /// <summary>α ∝ (H + ridge · diag H)⁻¹ 1 with sum 1, by elimination on H scaled to a unit diagonal; the newest image alone where it is singular.</summary>
    private OnnxValue Weights(OnnxValue gram)
    {
        OnnxGraph graph = gram.Graph;
        OnnxValue isDiagonal = graph.Identity(_memory, OnnxType.Double) > 0;
        OnnxValue diagonal = isDiagonal.Where(gram, 0).Sum(2);
        OnnxValue unit = diagonal.Slice(1, 0, 1);
        OnnxValue scale = (diagonal > 0).Where((unit / diagonal).Sqrt(), 0);
        OnnxValue scaled = isDiagonal.Where(graph.Number(1 + _ridge, OnnxType.Double), gram / unit * scale * scale.Transpose(0, 2, 1));
        (OnnxValue solution, OnnxValue smallestPivot) = OnnxElimination.Solve(scaled, scale, _memory);
        OnnxValue shares = solution * scale;
        OnnxValue sum = shares.Sum(1);
        OnnxValue isRegular = (smallestPivot > 0) & (sum > 0) & sum.IsFinite();
        double[] newest = new double[_memory];
        newest[0] = 1;
        return isRegular.Where(shares / sum, graph.Constant(newest, OnnxType.Double, 1, _memory, 1)).Squeeze(2);
    }
}
