using Microsoft.ML.Implicit.Solvers.Optimization.Searches;
using TensorPrimitives = System.Numerics.Tensors.TensorPrimitives;

namespace Microsoft.ML.Implicit.Modelling.Curves;

/// <summary>
/// Searches on where a curve bends at points: the loss has no tangents across, but along the parameters that leave the bends where they are. These are kept there by further
/// residuals, as heavy as rounding allows (the penalty method: Courant, 1943).
/// </summary>
/// <param name="plan">What all rows have in common.</param>
/// <param name="tape">The curve at the row's points.</param>
/// <param name="row">The row.</param>
/// <param name="search">The search that is run.</param>
internal sealed class KinkSearch(CurveFitPlan plan, CurveTape tape, CurveRow row, LeastSquaresSearch search)
{
    // Of what a bend's sides differ by at other points: where they differ by less, a search may have ended at the bend.
    private const double Near = 1e-3;

    // Times the values, which leaves a bend as many digits as its square leaves the loss.
    private const double Stiffness = 1e6;

    private readonly int[] _nodes =
    [
        .. Enumerable.Range(0, plan.Curve.Graph.Nodes.Count).Where(i => plan.Curve.Graph.Nodes[i].Operation is CurveOperation.Abs or CurveOperation.Minimum or CurveOperation.Maximum),
    ];

    /// <summary>Whether the curve bends anywhere.</summary>
    public bool HasKinks => _nodes.Length > 0;

    /// <summary>Searches from parameters, with all bends that are near points kept there.</summary>
    /// <returns>Where the search ended; null where no bend is near a point.</returns>
    public double[]? Descend(double[] parameters, CancellationToken cancellationToken)
    {
        tape.Evaluate(parameters);
        (int Node, int Point, double Weight)[] kinks = [.. _nodes.SelectMany(Find)];
        if (kinks.Length == 0)
        {
            return null;
        }

        int count = row.Count + kinks.Length, width = parameters.Length;
        double[] residuals = new double[count], jacobian = new double[count * width], derivatives = new double[row.Count * width], gap = new double[row.Count];
        search.Begin(parameters, plan.Lower, plan.Upper, count);
        while (search.Status is null)
        {
            cancellationToken.ThrowIfCancellationRequested();
            row.Residuals(tape.Evaluate(search.Candidate), residuals.AsSpan(0, row.Count));
            for (int k = 0; k < kinks.Length; k++)
            {
                tape.KinkGap(kinks[k].Node, gap);
                residuals[row.Count + k] = kinks[k].Weight * gap[kinks[k].Point];
            }

            if (search.Observe(residuals))
            {
                Differentiate(kinks, derivatives, jacobian);
                search.Linearize(jacobian);
            }
        }

        return search.Point.ToArray();
    }

    private List<(int Node, int Point, double Weight)> Find(int node)
    {
        double[] gap = new double[row.Count];
        tape.KinkGap(node, gap);
        double scale = Math.Abs(TensorPrimitives.MaxMagnitude<double>(gap));
        return [.. Enumerable.Range(0, gap.Length).Where(i => Math.Abs(gap[i]) < Near * scale).Select(i => (node, i, Stiffness * row.RootMeanSquare / scale))];
    }

    private void Differentiate((int Node, int Point, double Weight)[] kinks, double[] derivatives, double[] jacobian)
    {
        int count = row.Count + kinks.Length, width = jacobian.Length / count;
        tape.Differentiate(derivatives);
        for (int j = 0; j < width; j++)
        {
            row.Weigh(derivatives.AsSpan(j * row.Count, row.Count), jacobian.AsSpan(j * count, row.Count));
        }

        for (int k = 0; k < kinks.Length; k++)
        {
            tape.DifferentiateKinkGap(kinks[k].Node, derivatives);
            for (int j = 0; j < width; j++)
            {
                jacobian[(j * count) + row.Count + k] = kinks[k].Weight * derivatives[(j * row.Count) + kinks[k].Point];
            }
        }
    }
}
