using Microsoft.ML.Implicit.Modelling.Curves.Expressions;
using Microsoft.ML.Implicit.Solvers;
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
/// <param name="run">Runs it from a start within lower and upper bounds.</param>
internal sealed class KinkSearch(
    CurveFitPlan plan, CurveTape tape, CurveRow row, LeastSquaresSearch search, Func<double[], double[], double[], CancellationToken, SolveStatus> run)
{
    // Of what a bend's sides differ by at other points: where they differ by less, a search may have ended at the bend.
    private const double Near = 1e-3;

    // Times the values, which leaves a bend as many digits as its square leaves the loss.
    private const double Stiffness = 1e6;

    // The share of its size by which a parameter is moved away from where the curve bends.
    private const double Distance = 1e-6;

    // The share of a loss by which another is lower: well above what a bend that is kept at a point leaves of it.
    private const double Lower = 1e-9;

    // Bends that are moved to or from points before a search gives up.
    private const int MostMoves = 8;

    private readonly int[] _nodes =
    [
        .. Enumerable.Range(0, plan.Curve.Graph.Nodes.Count).Where(i => plan.Curve.Graph.Nodes[i].Operation is CurveOperation.Abs or CurveOperation.Minimum or CurveOperation.Maximum),
    ];

    /// <summary>Whether the curve bends anywhere.</summary>
    public bool HasKinks => _nodes.Length > 0;

    /// <summary>
    /// Moves the search on along bends. The loss may have its minimum where the curve bends at a point, as a broken line, and rise at once to both sides, whatever the other parameters
    /// do. The search stands at the best point, before and afterwards.
    /// </summary>
    /// <param name="status">How it ended, without a minimum.</param>
    /// <param name="cancellationToken">Looked at in every iteration.</param>
    /// <returns>Converged at a minimum; the status otherwise.</returns>
    public SolveStatus Settle(SolveStatus status, CancellationToken cancellationToken)
    {
        for (int move = 0; move < MostMoves; move++)
        {
            (double least, double[] best) = (search.Value, search.Point.ToArray());
            double[]? kept = Descend(best, cancellationToken);
            SolveStatus ended = Search(kept ?? best, cancellationToken);
            if (ended == SolveStatus.Diverged || search.Value > least)
            {
                ended = Search(best, cancellationToken);
            }

            if (ended == SolveStatus.Converged || FindLower(cancellationToken) is not { } lower)
            {
                return SolveStatus.Converged;
            }

            Search(lower, cancellationToken);
        }

        return status;
    }

    // A point of lower loss beside the best one, at which the search stands afterwards; null where there is none.
    private double[]? FindLower(CancellationToken cancellationToken)
    {
        (double least, double[] best) = (search.Value, search.Point.ToArray());
        double[]? found = null;
        for (int j = 0; j < best.Length && found is null; j++)
        {
            double distance = Distance * Math.Max(Math.Abs(best[j]), plan.Starts.Unit(row, j));
            foreach (double moved in (double[])[best[j] - distance, best[j] + distance])
            {
                (double[] start, double[] lower, double[] upper) = ([.. best], [.. plan.Lower], [.. plan.Upper]);
                start[j] = lower[j] = upper[j] = moved;
                if (!plan.IsAffine[j] && plan.Allows(j, moved) && run(start, lower, upper, cancellationToken) != SolveStatus.Diverged && search.Value < least * (1 - Lower))
                {
                    found = search.Point.ToArray();
                    least = search.Value;
                }
            }
        }

        Search(best, cancellationToken);
        return found;
    }

    private SolveStatus Search(double[] start, CancellationToken cancellationToken) => run(start, plan.Lower, plan.Upper, cancellationToken);

    // From parameters, with all bends that are near points kept there; null where none is.
    private double[]? Descend(double[] parameters, CancellationToken cancellationToken)
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
