using Microsoft.ML.Implicit.Modelling.Curves.Expressions;
using Microsoft.ML.Implicit.Solvers.Optimization;

namespace Microsoft.ML.Implicit.Modelling.Curves;

/// <summary>
/// Moves the parameters in which a curve is affine to their optimum for the others (variable projection: Golub and Pereyra, 1973). With a robust loss one step of iteratively
/// reweighted least squares is taken instead, which never raises a loss that is concave in the squares, as all of them are.
/// </summary>
/// <param name="affine">Indices of the parameters that are moved.</param>
internal sealed class AffineProjection(int[] affine)
{
    /// <summary>How many there are.</summary>
    public int Count => affine.Length;

    /// <summary>Whether a row has enough points to solve for them.</summary>
    public bool Applies(CurveRow row) => affine.Length > 0 && row.Count >= affine.Length;

    /// <summary>Moves parameters; those that are not finite afterwards stay.</summary>
    /// <param name="tape">The curve at the row's points.</param>
    /// <param name="row">The row.</param>
    /// <param name="loss">Loss of a residual.</param>
    /// <param name="parameters">Parameters, of which the affine ones are changed.</param>
    /// <param name="workspace">Room for derivatives.</param>
    public void Apply(CurveTape tape, CurveRow row, RobustLoss loss, Span<double> parameters, CurveWorkspace workspace)
    {
        Span<double> residuals = workspace.Residuals(row.Count);
        row.Residuals(tape.Evaluate(parameters), residuals);
        if (loss.IsSquares)
        {
            Solve(tape, row, residuals, [], parameters, workspace);
            return;
        }

        Span<double> roots = workspace.Roots(row.Count);
        for (int i = 0; i < roots.Length; i++)
        {
            roots[i] = Math.Sqrt(loss.Weight(residuals[i]));
        }

        Solve(tape, row, residuals, roots, parameters, workspace);
    }

    /// <summary>Moves parameters so that the curve goes through as many points as there are of them.</summary>
    /// <param name="tape">The curve at the row's points.</param>
    /// <param name="row">The row.</param>
    /// <param name="choose">Which point is the next, by number.</param>
    /// <param name="parameters">Parameters, of which the affine ones are changed.</param>
    /// <param name="workspace">Room for derivatives.</param>
    public void PassThrough(CurveTape tape, CurveRow row, Func<int, int> choose, Span<double> parameters, CurveWorkspace workspace)
    {
        Span<double> residuals = workspace.Residuals(row.Count), roots = workspace.Roots(row.Count);
        row.Residuals(tape.Evaluate(parameters), residuals);
        roots.Clear();
        for (int k = 0; k < affine.Length; k++)
        {
            roots[choose(k)] = 1;
        }

        Solve(tape, row, residuals, roots, parameters, workspace);
    }

    private void Solve(CurveTape tape, CurveRow row, Span<double> residuals, ReadOnlySpan<double> roots, Span<double> parameters, CurveWorkspace workspace)
    {
        Span<double> step = stackalloc double[affine.Length];
        TangentStep.Solve(tape, row, affine, residuals, roots, step, workspace);
        for (int k = 0; k < affine.Length; k++)
        {
            double value = parameters[affine[k]] - step[k];
            parameters[affine[k]] = double.IsFinite(value) ? value : parameters[affine[k]];
        }
    }
}
