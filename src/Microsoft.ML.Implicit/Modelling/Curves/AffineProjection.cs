using Microsoft.ML.Implicit.Numerics;
using Microsoft.ML.Implicit.Solvers.Optimization;
using Microsoft.ML.Implicit.Solvers.Optimization.Searches;
using TensorPrimitives = System.Numerics.Tensors.TensorPrimitives;

namespace Microsoft.ML.Implicit.Modelling.Curves;

/// <summary>
/// Moves the parameters in which a curve is affine to their optimum for the others (variable projection: Golub and Pereyra, 1973). With a robust loss one step of iteratively
/// reweighted least squares is taken instead, which never raises a loss that is concave in the squares, as all of them are.
/// </summary>
/// <param name="affine">Indices of the parameters that are moved.</param>
internal sealed class AffineProjection(int[] affine)
{
    // Below it the reciprocal of a norm would not be finite.
    private const double SmallestNorm = 1e-300;

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

    /// <summary>Multiplies numbers of points by the roots of their weights, of which there are none where all are 1.</summary>
    public static void Weigh(Span<double> vector, ReadOnlySpan<double> roots)
    {
        if (!roots.IsEmpty)
        {
            TensorPrimitives.Multiply(vector, roots, vector);
        }
    }

    private void Solve(CurveTape tape, CurveRow row, Span<double> right, ReadOnlySpan<double> roots, Span<double> parameters, CurveWorkspace workspace)
    {
        int count = row.Count, solved = 0;
        Span<double> jacobian = workspace.Jacobian(count), columns = workspace.Columns(count * affine.Length), scales = workspace.Scales(affine.Length);
        Span<int> order = stackalloc int[affine.Length];
        tape.Differentiate(jacobian);
        Weigh(right, roots);
        foreach (int parameter in affine)
        {
            Span<double> column = columns.Slice(solved * count, count);
            row.Weigh(jacobian.Slice(parameter * count, count), column);
            Weigh(column, roots);
            double norm = EuclideanNorm.Of(column);
            if (norm > SmallestNorm && double.IsFinite(norm))
            {
                TensorPrimitives.Multiply(column, 1 / norm, column);
                (order[solved], scales[solved]) = (parameter, 1 / norm);
                solved++;
            }
        }

        columns = columns[..(solved * count)];
        HouseholderQr.Factor(columns, count, right);
        Span<double> solution = right[..solved];
        HouseholderQr.BackSubstitute(columns, count, solution, 64 * MachineEpsilon.Double * affine.Length);
        for (int k = 0; k < solved; k++)
        {
            double value = parameters[order[k]] - (solution[k] * scales[k]);
            parameters[order[k]] = double.IsFinite(value) ? value : parameters[order[k]];
        }
    }
}
