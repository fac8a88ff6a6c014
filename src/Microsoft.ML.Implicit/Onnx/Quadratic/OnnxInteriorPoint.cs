using Microsoft.ML.Implicit.Solvers;

namespace Microsoft.ML.Implicit.Onnx.Quadratic;

/// <summary>
/// Mehrotra's predictor-corrector method as an ONNX loop (Mehrotra, On the implementation of a primal-dual interior point method, 1992), in
/// which each row stops by itself.
/// </summary>
/// <param name="data">The programs.</param>
/// <param name="tolerance">Relative residual at which a row stops.</param>
/// <param name="acceptable">Relative residual at which its best point counts as solved.</param>
/// <param name="maximumIterations">Iterations at most.</param>
internal sealed class OnnxInteriorPoint(OnnxQuadraticData data, double tolerance, double acceptable, int maximumIterations)
{
    private const double Margin = 0.99;

    // Iterations from an acceptable point to no better one, after which rounding has the last word.
    private const int Patience = 3;

    private readonly OnnxUnits _units = OnnxUnits.Of(data);

    /// <summary>Solves the programs.</summary>
    /// <param name="rows">A value whose first dimension is the number of rows.</param>
    /// <returns>The solutions, and the <see cref="SolveStatus"/> of each row, int64 [rows, 1, 1].</returns>
    public (OnnxIterate Solution, OnnxValue Status) Solve(OnnxValue rows)
    {
        OnnxGraph graph = data.Graph;
        OnnxIterate start = _units.Start(data, rows);
        OnnxValue[] initial =
        [
            .. start.ToArray(),
            .. start.ToArray(),
            graph.PerRow(graph.Number(double.MaxValue, OnnxType.Double), rows, 1, 1),
            graph.PerRow(graph.Number(0, OnnxType.Int64), rows, 1, 1),
            graph.PerRow(graph.Number((long)SolveStatus.MaximumIterations, OnnxType.Int64), rows, 1, 1),
            graph.PerRow(graph.Number(0, OnnxType.Int64), rows, 1, 1) >= 0,
        ];
        OnnxValue[] end = graph.Loop(maximumIterations + 1, initial, (_, state) => Advance(state));
        OnnxValue best = end[2 * OnnxIterate.Parts];
        OnnxValue status = (best <= acceptable).Where(graph.Number((long)SolveStatus.Converged, OnnxType.Int64), end[(2 * OnnxIterate.Parts) + 2]);
        return (OnnxIterate.Of(end.AsSpan(OnnxIterate.Parts, OnnxIterate.Parts)), status);
    }

    private (OnnxValue Continue, OnnxValue[] Next) Advance(OnnxValue[] state)
    {
        OnnxIterate point = OnnxIterate.Of(state), best = OnnxIterate.Of(state.AsSpan(OnnxIterate.Parts));
        OnnxValue[] record = state[(2 * OnnxIterate.Parts)..];
        (OnnxValue smallest, OnnxValue idle, OnnxValue status, OnnxValue active) = (record[0], record[1], record[2], record[3]);
        OnnxResiduals residuals = OnnxResiduals.Of(data, _units, point);
        OnnxValue improves = active & (residuals.Merit < smallest);
        best = point.Where(improves, best);
        smallest = improves.Where(residuals.Merit, smallest);
        idle = (improves | (smallest > acceptable)).Where(idle * 0, idle + 1);
        OnnxValue proves = active & (smallest > acceptable);
        status = (proves & residuals.Unbounded).Where(Code(SolveStatus.Unbounded), status);
        status = (proves & residuals.Infeasible).Where(Code(SolveStatus.Infeasible), status);
        active = active & (smallest > tolerance) & (idle < Patience) & (residuals.Merit < double.MaxValue) & status.EqualTo(Code(SolveStatus.MaximumIterations));
        OnnxIterate next = Next(point, residuals).Where(active, point);
        return (active.Any(), [.. next.ToArray(), .. best.ToArray(), smallest, idle, status, active]);
    }

    private OnnxIterate Next(OnnxIterate point, OnnxResiduals residuals)
    {
        var newton = new OnnxNewton(data, point);
        OnnxValue products = point.S * point.Lambda;
        OnnxIterate predictor = newton.Step(residuals, products);
        OnnxValue mean = point.Complementarity();
        OnnxValue reached = point.Plus(predictor, point.LargestShare(predictor, 1)).Complementarity() / mean;
        OnnxValue wanted = mean * reached * reached * reached;
        OnnxIterate step = newton.Step(residuals, products + (predictor.S * predictor.Lambda) - wanted);
        return point.Plus(step, point.LargestShare(step, Margin));
    }

    private OnnxValue Code(SolveStatus status) => data.Graph.Number((long)status, OnnxType.Int64);
}
