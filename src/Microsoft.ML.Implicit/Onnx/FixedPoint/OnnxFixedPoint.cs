using Microsoft.ML.Implicit.Solvers.FixedPoint;

namespace Microsoft.ML.Implicit.Onnx.FixedPoint;

/// <summary>A fixed-point solve as an ONNX loop. Each row stops at its own iterate, as in <see cref="FixedPointSolver"/>.</summary>
internal static class OnnxFixedPoint
{
    /// <summary>Solves z = f(z).</summary>
    /// <param name="rule">From an iterate to the next.</param>
    /// <param name="start">Where to start, float32 [rows, width].</param>
    /// <param name="width">Width of the state.</param>
    /// <param name="map">f, from [rows, width] to the same shape, row by row.</param>
    /// <returns>The iterate that converged or, where none did, the one of smallest residual.</returns>
    public static OnnxValue Solve(OnnxIterationRule rule, OnnxValue start, int width, Func<OnnxValue, OnnxValue> map)
    {
        OnnxGraph graph = start.Graph;
        FixedPointSettings settings = rule.Settings;
        OnnxValue unknown = graph.PerRow(graph.Number(double.MaxValue, OnnxType.Double), start, 1);
        OnnxValue all = unknown > 0;
        OnnxValue[] initial = [start, start, unknown, all, .. rule.CreateMemory(start, width)];
        return graph.Loop(settings.MaximumIterations, initial, (iteration, state) =>
        {
            (OnnxValue z, OnnxValue best, OnnxValue smallest, OnnxValue active) = (state[0], state[1], state[2], state[3]);
            OnnxValue f = map(z);
            (OnnxValue residual, OnnxValue next, OnnxValue[] memory) = rule.Advance(iteration, z, f, state[4..]);
            OnnxValue tolerance = (OnnxIterationRule.Norm(f) * settings.RelativeTolerance) + settings.AbsoluteTolerance;
            OnnxValue hasConverged = residual <= tolerance;
            OnnxValue isFinite = residual.IsFinite();
            OnnxValue takes = active & isFinite & (hasConverged | (residual < smallest));
            active = active & isFinite & !hasConverged;
            return (active.Any(), [active.Where(next, z), takes.Where(z, best), takes.Where(residual, smallest), active, .. memory]);
        })[1];
    }
}
