namespace Microsoft.ML.Implicit.Modelling.Curves.Starts;

/// <summary>
/// Finds a start of a sum term by term: the term, and the draw of its parameters, that leave least of what the terms before have left, which are then fitted anew together
/// (orthogonal matching pursuit: Pati, Rezaiifar and Krishnaprasad, 1993). Draws of the parameters of all terms at once hardly ever have each of three peaks near its place.
/// </summary>
internal sealed class TermPlacement
{
    private readonly CurveFitPlan _plan;
    private readonly CurveRow _row;
    private readonly TangentProjection _projection;
    private readonly Func<double[], IReadOnlyList<int>, CancellationToken, double[]?> _fit;
    private readonly List<(int[] Affine, int[] Drawn)> _terms;
    private readonly int[] _free;
    private readonly double[] _draw;
    private readonly double[] _trial;

    private TermPlacement(CurveFitPlan plan, CurveRow row, TangentProjection projection, Func<double[], IReadOnlyList<int>, CancellationToken, double[]?> fit, List<(int[] Affine, int[] Drawn)> terms)
    {
        (_plan, _row, _projection, _fit, _terms) = (plan, row, projection, fit, terms);
        _free = [.. plan.Starts.Solved.Where(parameter => !terms.Exists(term => term.Affine.Contains(parameter)))];
        (_draw, _trial) = (new double[plan.Curve.Parameters.Count], new double[plan.Curve.Parameters.Count]);
    }

    /// <summary>Creates the placement.</summary>
    /// <param name="plan">What all rows have in common.</param>
    /// <param name="row">The row.</param>
    /// <param name="projection">What parameters leave of the row.</param>
    /// <param name="fit">Fits a curve from a start, at which some parameters stay; null where it is not finite.</param>
    /// <returns>Null for a curve that is no sum of terms whose parameters are drawn.</returns>
    public static TermPlacement? Create(CurveFitPlan plan, CurveRow row, TangentProjection projection, Func<double[], IReadOnlyList<int>, CancellationToken, double[]?> fit)
    {
        List<(int[] Affine, int[] Drawn)> terms = CurveTerms.Find(plan);
        return terms.Count > 1 ? new TermPlacement(plan, row, projection, fit, terms) : null;
    }

    /// <summary>Places the terms.</summary>
    /// <param name="cancellationToken">Looked at in every draw, and handed to the fits.</param>
    /// <returns>The start, or null where a row has too few points, or the curve is not finite.</returns>
    public double[]? Place(CancellationToken cancellationToken)
    {
        double[] found = new double[_draw.Length], roots = _projection.Trust();
        _plan.Starts.Draw(0, _row, found);
        List<(int[] Affine, int[] Drawn)> rest = [.. _terms];
        int[] columns = _free;
        while (rest.Count > 0)
        {
            (double least, int best) = (double.PositiveInfinity, -1);
            double[] start = [.. found];
            for (int k = 0; k < rest.Count; k++)
            {
                int[] moved = [.. columns, .. rest[k].Affine];
                if (_row.Count <= moved.Length)
                {
                    return null;
                }

                for (int draw = 0; draw < _plan.Starts.Count; draw++)
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    _plan.Starts.Draw(draw, _row, _draw);
                    found.CopyTo(_trial, 0);
                    Array.ForEach(rest[k].Drawn, parameter => _trial[parameter] = _draw[parameter]);
                    double left = _projection.Rest(_trial, moved, roots);
                    if (left < least)
                    {
                        (least, best) = (left, k);
                        _trial.CopyTo(start, 0);
                    }
                }
            }

            if (best < 0)
            {
                return null;
            }

            columns = [.. columns, .. rest[best].Affine];
            rest.RemoveAt(best);
            _projection.Move(start, columns, _row.Values, roots);

            // Terms that have no place yet stay at zero.
            if (_fit(start, [.. rest.SelectMany(term => (int[])[.. term.Affine, .. term.Drawn])], cancellationToken) is not { } fitted)
            {
                return null;
            }

            found = fitted;
        }

        return found;
    }
}
