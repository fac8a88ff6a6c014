using Microsoft.ML.Implicit.Modelling.Curves.Expressions;
using Microsoft.ML.Implicit.Solvers.Optimization;
using TensorPrimitives = System.Numerics.Tensors.TensorPrimitives;

namespace Microsoft.ML.Implicit.Modelling.Curves.Starts;

/// <summary>What is left of a row's residuals once chosen parameters have moved along their tangents: how good the others are.</summary>
/// <param name="plan">What all rows have in common.</param>
/// <param name="tape">The curve at the row's points.</param>
/// <param name="row">The row.</param>
/// <param name="workspace">Room for derivatives.</param>
internal sealed class TangentProjection(CurveFitPlan plan, CurveTape tape, CurveRow row, CurveWorkspace workspace)
{
    // Steps of reweighting, in each of which outliers lose half of their influence or more.
    private const int ClearSteps = 6;

    // Standard deviations of normal residuals beyond which one counts for nothing (Beaton and Tukey, 1974).
    private const double Far = 4.685;

    private double[] _left = [];
    private double[] _step = [];

    /// <summary>Roots of weights by which far values do not outshine all others: with a robust loss they count by their distance from the median, as with Huber's loss.</summary>
    public double[] Trust()
    {
        if (plan.Options.Loss.IsSquares)
        {
            return [];
        }

        double[] values = row.Values.ToArray();
        double median = MedianDeviation.Median(values), scale = 3 * MedianDeviation.Of([.. values.Select(value => value - median)]);
        return scale > 0 ? [.. values.Select(value => Math.Sqrt(RobustLoss.Huber(scale).Weight(value - median)))] : [];
    }

    /// <summary>The loss at parameters, or that of a convex loss where the loss is not.</summary>
    public double Loss(double[] parameters)
    {
        Span<double> residuals = workspace.Residuals(row.Count);
        row.Residuals(tape.Evaluate(parameters), residuals);
        return plan.Options.Loss.Convex.Total(residuals);
    }

    /// <summary>Those parameters that the curve depends on near others.</summary>
    /// <param name="parameters">Where.</param>
    public int[] Moving(double[] parameters)
    {
        tape.Evaluate(parameters);
        double[] jacobian = workspace.Jacobian(row.Count).ToArray();
        tape.Differentiate(jacobian);
        return [.. Enumerable.Range(0, parameters.Length).Where(j => plan.Lower[j] < plan.Upper[j] && jacobian.AsSpan(j * row.Count, row.Count).ContainsAnyExcept(0))];
    }

    /// <summary>The squares of what is left of the residuals.</summary>
    /// <param name="parameters">Where.</param>
    /// <param name="columns">The parameters that move.</param>
    /// <param name="roots">Roots of weights of the points, or none.</param>
    public double Rest(double[] parameters, int[] columns, ReadOnlySpan<double> roots)
    {
        Project(parameters, columns, row.Values, roots);
        TangentStep.Weigh(_left.AsSpan(0, row.Count), roots);
        return TensorPrimitives.SumOfSquares<double>(_left.AsSpan(0, row.Count));
    }

    /// <summary>The scale of what is left of the residuals, in which outliers have no part: they lose their weights in steps.</summary>
    /// <inheritdoc cref="Rest"/>
    public double ClearRest(double[] parameters, int[] columns, double[] roots)
    {
        double[] weights = roots.Length == 0 ? [.. Enumerable.Repeat(1.0, row.Count)] : [.. roots];
        double least = double.PositiveInfinity;
        for (int step = 0; step < ClearSteps; step++)
        {
            Project(parameters, columns, row.Values, weights);
            double deviation = MedianDeviation.Of(_left.AsSpan(0, row.Count));
            if (!(deviation < least) || deviation == 0)
            {
                return Math.Min(deviation, least);
            }

            least = deviation;
            RobustLoss loss = RobustLoss.Tukey(Far * deviation);
            for (int i = 0; i < weights.Length; i++)
            {
                weights[i] = Math.Sqrt(loss.Weight(_left[i]));
            }
        }

        return least;
    }

    /// <summary>Moves parameters along their tangents to where the curve is nearest to values.</summary>
    /// <param name="parameters">Where; the columns' parameters are changed.</param>
    /// <param name="columns">The parameters that move.</param>
    /// <param name="values">Values at the points.</param>
    /// <param name="roots">Roots of weights of the points, or none.</param>
    public void Move(double[] parameters, int[] columns, ReadOnlySpan<double> values, ReadOnlySpan<double> roots)
    {
        Project(parameters, columns, values, roots);
        for (int k = 0; k < columns.Length; k++)
        {
            parameters[columns[k]] -= _step[k];
        }
    }

    private void Project(double[] parameters, int[] columns, ReadOnlySpan<double> values, ReadOnlySpan<double> roots)
    {
        int count = row.Count;
        if (_left.Length < count || _step.Length < columns.Length)
        {
            (_left, _step) = (new double[count], new double[Math.Max(columns.Length, _step.Length)]);
        }

        Span<double> right = workspace.Residuals(count), left = _left.AsSpan(0, count);
        row.Residuals(tape.Evaluate(parameters), values, right);
        right.CopyTo(left);
        TangentStep.Solve(tape, row, columns, right, roots, _step.AsSpan(0, columns.Length), workspace);
        Span<double> jacobian = workspace.Jacobian(count);
        for (int k = 0; k < columns.Length; k++)
        {
            if (_step[k] != 0)
            {
                TensorPrimitives.MultiplyAdd(jacobian.Slice(columns[k] * count, count), -_step[k], left, left);
            }
        }
    }
}
