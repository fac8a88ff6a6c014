using Microsoft.ML.Implicit.Layers.Equilibrium;
using Microsoft.ML.Implicit.Onnx;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>The ONNX form of <see cref="ScaleFusion"/>.</summary>
/// <param name="scales">Resolutions, finest first.</param>
/// <param name="kernels">A kernel for each pair of resolutions, row by row of the block matrix.</param>
internal sealed class OnnxScaleFusion(IReadOnlyList<ImageScale> scales, OnnxValue[] kernels)
{
    /// <summary>Applies the map to one image tensor a resolution.</summary>
    /// <returns>A flat state [rows, total].</returns>
    public OnnxValue Apply(OnnxValue[] states) => OnnxValue.Concatenate(1, [.. Enumerable.Range(0, scales.Count).Select(to => Row(states, to).Flatten())]);

    private OnnxValue Row(OnnxValue[] states, int to)
    {
        OnnxValue sum = OnnxImage.Convolve(states[to], Kernel(to, to), 3, 1);
        for (int from = 0; from < scales.Count; from++)
        {
            if (from != to)
            {
                int factor = 1 << Math.Abs(to - from);
                sum += from < to
                    ? OnnxImage.Convolve(OnnxImage.Pool(states[from], factor) * factor, Kernel(to, from), 1, 1)
                    : OnnxImage.Repeat(OnnxImage.Convolve(states[from], Kernel(to, from), 1, 1), scales[to], factor) / factor;
            }
        }

        return sum;
    }

    private OnnxValue Kernel(int to, int from) => kernels[(to * scales.Count) + from];
}
