using Microsoft.ML.Implicit.Modelling.Curves.Expressions;
using Microsoft.ML.Implicit.Numerics;
using Microsoft.ML.Implicit.Solvers.Optimization.Searches;
using TensorPrimitives = System.Numerics.Tensors.TensorPrimitives;

namespace Microsoft.ML.Implicit.Modelling.Curves;

/// <summary>The step of some of a curve's parameters, along its tangents, that leaves least of a row's residuals.</summary>
internal static class TangentStep
{
    // Below it the reciprocal of a norm would not be finite.
    private const double SmallestNorm = 1e-300;

    /// <summary>Solves for the step where the curve was evaluated last.</summary>
    /// <param name="tape">The curve at the row's points.</param>
    /// <param name="row">The row.</param>
    /// <param name="parameters">Indices of the parameters that move.</param>
    /// <param name="residuals">Residuals; overwritten.</param>
    /// <param name="roots">Roots of further weights of the points, or none.</param>
    /// <param name="step">Receives what is to be taken from each of the parameters; zero where the curve does not move with it.</param>
    /// <param name="workspace">Room; its Jacobian holds the row's weighted derivatives for these parameters afterwards.</param>
    public static void Solve(
        CurveTape tape, CurveRow row, ReadOnlySpan<int> parameters, Span<double> residuals, ReadOnlySpan<double> roots, Span<double> step, CurveWorkspace workspace)
    {
        int count = row.Count, used = 0;
        Span<double> jacobian = workspace.Jacobian(count), tangents = workspace.Columns(count * parameters.Length), scales = workspace.Scales(parameters.Length);
        Span<int> order = stackalloc int[parameters.Length];
        tape.Differentiate(jacobian);
        Weigh(residuals, roots);

        // A column of zeros has no part in the factorisation: it would keep a row from those behind it.
        for (int k = 0; k < parameters.Length; k++)
        {
            Span<double> column = jacobian.Slice(parameters[k] * count, count), tangent = tangents.Slice(used * count, count);
            row.Weigh(column, column);
            column.CopyTo(tangent);
            Weigh(tangent, roots);
            double norm = EuclideanNorm.Of(tangent);
            if (norm > SmallestNorm && double.IsFinite(norm))
            {
                TensorPrimitives.Multiply(tangent, 1 / norm, tangent);
                (order[used], scales[used]) = (k, 1 / norm);
                used++;
            }
        }

        tangents = tangents[..(used * count)];
        HouseholderQr.Factor(tangents, count, residuals);
        HouseholderQr.BackSubstitute(tangents, count, residuals[..used], 64 * MachineEpsilon.Double * parameters.Length);
        step.Clear();
        for (int k = 0; k < used; k++)
        {
            step[order[k]] = residuals[k] * scales[k];
        }
    }

    /// <summary>Multiplies numbers of points by the roots of their weights, of which there are none where all are 1.</summary>
    public static void Weigh(Span<double> vector, ReadOnlySpan<double> roots)
    {
        if (!roots.IsEmpty)
        {
            TensorPrimitives.Multiply(vector, roots, vector);
        }
    }
}
