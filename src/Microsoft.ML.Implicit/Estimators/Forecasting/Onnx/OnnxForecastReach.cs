using Microsoft.ML.Implicit.Data;
using Microsoft.ML.Implicit.Onnx;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>How bounds widen beyond the trained horizon within an ONNX file; see <see cref="LatentOdeModelParameters"/>.</summary>
internal sealed class OnnxForecastReach
{
    private readonly OnnxValue _extrapolation;
    private readonly OnnxValue _indices;

    /// <param name="horizons">Times asked for, in horizons ahead, float64 [rows, variables, times].</param>
    public OnnxForecastReach(OnnxValue horizons)
    {
        OnnxGraph graph = horizons.Graph;
        OnnxValue one = graph.Number(1, OnnxType.Double);
        _extrapolation = (horizons > 1 + Durations.Tolerance).Where(horizons, one);
        OnnxValue count = PathLength(_extrapolation.Reshape(-1).Largest(0)).To(OnnxType.Int64);
        _indices = graph.Node("Range", [graph.Number(0, OnnxType.Int64), count, graph.Number(1, OnnxType.Int64)], OnnxType.Int64).To(OnnxType.Double);
        PathHorizons = (_indices / LatentOdeModelParameters.PathTimes) + 1 + (horizons.Slice(2, 0, 1) * 0);
    }

    /// <summary>Times from the end of the trained horizon to the farthest one asked for, in horizons ahead: [rows, variables, path].</summary>
    public OnnxValue PathHorizons { get; }

    /// <summary>Half-widths of intervals, in change scales: [rows, variables, times].</summary>
    /// <param name="means">At the times asked for and then those of the path, [rows, variables, times + path].</param>
    /// <param name="scales">The same of scales.</param>
    /// <param name="factor">Half-widths of intervals in predicted scales, [rows, variables, 1].</param>
    /// <param name="count">Number of times asked for.</param>
    public OnnxValue HalfWidth(OnnxValue means, OnnxValue scales, OnnxValue factor, int count)
    {
        OnnxValue horizon = means.Slice(2, count, count + 1), horizonScale = scales.Slice(2, count, count + 1);
        OnnxValue path = means.Slice(2, count, int.MaxValue), pathScale = scales.Slice(2, count, int.MaxValue);
        OnnxValue isBefore = _indices < PathLength(_extrapolation).Unsqueeze(3);
        OnnxValue zero = means.Graph.Number(0, OnnxType.Double);
        OnnxValue farthest = isBefore.Where((path - horizon).Abs().Unsqueeze(2), zero).Largest(3, keep: false);
        OnnxValue widest = isBefore.Where(pathScale.Unsqueeze(2), zero).Largest(3, keep: false);
        OnnxValue distance = (means.Slice(2, 0, count) - horizon).Abs().Maximum(farthest);
        OnnxValue learned = factor * scales.Slice(2, 0, count);
        OnnxValue extrapolated = distance + (factor * widest.Maximum(_extrapolation * horizonScale));
        return (_extrapolation > 1).Where(learned.Maximum(extrapolated), learned);
    }

    private static OnnxValue PathLength(OnnxValue extrapolation) => (((extrapolation - 1) * LatentOdeModelParameters.PathTimes) + Durations.Tolerance).Floor() + 1;
}
