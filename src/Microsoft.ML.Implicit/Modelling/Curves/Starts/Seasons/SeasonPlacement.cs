using Microsoft.ML.Implicit.Modelling.Curves.Expressions;

namespace Microsoft.ML.Implicit.Modelling.Curves.Starts.Seasons;

/// <summary>
/// Places the seasons of a curve one by one beside its trend, wherever they stand in it, as in <c>exp(a + b * t) * (1 + c * sin(w * t + p))</c>: first the trend is fitted, without which no
/// frequency shows, then that season is taken which leaves least, and fitted together with all before it (as in orthogonal matching pursuit: Pati, Rezaiifar and Krishnaprasad, 1993).
/// </summary>
internal sealed class SeasonPlacement
{
    private readonly CurveFitPlan _plan;
    private readonly TangentProjection _projection;
    private readonly SineParameters _sines;
    private readonly TrendFit _trend;
    private readonly SeasonScan _scan;
    private readonly Func<double[], IReadOnlyList<int>, CancellationToken, double[]?> _fit;
    private readonly Dictionary<int, int[]> _amplitudes;

    private SeasonPlacement(
        CurveFitPlan plan,
        CurveTape tape,
        CurveRow row,
        TangentProjection projection,
        SineParameters sines,
        Func<double[], IReadOnlyList<int>, CancellationToken, double[]?> fit,
        Dictionary<int, int[]> amplitudes)
    {
        (_plan, _projection, _sines, _fit, _amplitudes) = (plan, projection, sines, fit, amplitudes);
        _trend = new TrendFit(plan, row, projection, fit);
        _scan = new SeasonScan(plan, row, projection, new Periodogram(plan, tape, sines));
    }

    /// <summary>Creates the placement.</summary>
    /// <param name="plan">What all rows have in common.</param>
    /// <param name="tape">The curve at the row's points.</param>
    /// <param name="row">The row.</param>
    /// <param name="projection">What parameters leave of the row.</param>
    /// <param name="sines">Tells frequencies and shifts.</param>
    /// <param name="fit">Fits a curve from a start, at which some parameters stay; null where it is not finite.</param>
    /// <returns>Null for a curve that has a sine without an amplitude.</returns>
    public static SeasonPlacement? Create(
        CurveFitPlan plan,
        CurveTape tape,
        CurveRow row,
        TangentProjection projection,
        SineParameters sines,
        Func<double[], IReadOnlyList<int>, CancellationToken, double[]?> fit)
    {
        HashSet<int> free = [.. plan.Starts.Drawn, .. plan.Starts.Solved];
        var amplitudes = new SineAmplitudes(plan.Curve.Graph, free.Contains);
        Dictionary<int, int[]> found = [];
        foreach (int argument in sines.Arguments)
        {
            if (amplitudes.Of(argument) is not { } factors)
            {
                return null;
            }

            found[argument] = [.. factors];
        }

        return new SeasonPlacement(plan, tape, row, projection, sines, fit, found);
    }

    /// <summary>Places the seasons.</summary>
    /// <param name="cancellationToken">Looked at in every draw and at every frequency, and handed to the fits.</param>
    /// <returns>The start, or null where the curve is not finite.</returns>
    public double[]? Place(CancellationToken cancellationToken)
    {
        double[]? found = _trend.Find([.. _amplitudes.Values.SelectMany(amplitudes => amplitudes).Distinct()], cancellationToken);
        List<Season> rest = found is null ? [] : Seasons(found);
        while (rest.Count > 0 && found is not null)
        {
            (double least, double[] best, Season placed) = (double.PositiveInfinity, found, rest[0]);
            int[] silent = [.. rest.SelectMany(season => season.Amplitudes)];

            // A free frequency would take the place of a known one.
            foreach (Season season in rest.Exists(season => season.Frequencies.Length == 0) ? rest.FindAll(season => season.Frequencies.Length == 0) : rest)
            {
                foreach (double[] start in _scan.Find(found, season, silent, cancellationToken))
                {
                    double loss = _projection.Loss(start);
                    if (loss < least)
                    {
                        (least, best, placed) = (loss, start, season);
                    }
                }
            }

            rest.Remove(placed);
            found = _fit(best, [.. silent.Except(placed.Amplitudes)], cancellationToken);
        }

        return found;
    }

    // Harmonics belong to the sine whose frequency they share, and sines that multiply one another together: none is there without the others.
    private List<Season> Seasons(double[] parameters)
    {
        (List<SineFrequency> frequencies, List<SineShift> shifts) = _sines.Classify(parameters);
        CurveGraph graph = _plan.Curve.Graph;
        List<Season> seasons = [];
        List<int> rest = [.. _sines.Arguments];
        while (rest.Count > 0)
        {
            List<int> arguments = [rest[0]];
            for (int k = 0; k < arguments.Count; k++)
            {
                arguments.AddRange(rest.Except(arguments).Where(other => Belong(arguments[k], other)).ToArray());
            }

            rest.RemoveAll(arguments.Contains);
            SineFrequency[] scanned = [.. frequencies.Where(frequency => arguments.Contains(frequency.Argument))];
            SineShift[] turned = [.. shifts.Where(shift => arguments.Exists(argument => graph.Contains(argument, shift.Parameter)))];
            bool isProduct = scanned.Select(frequency => frequency.Argument).Distinct().Count() > 1;
            seasons.Add(new Season(scanned, turned, Amplitudes(arguments), turned.Length > 0 && (isProduct || IsBent(turned[0].Parameter))));
        }

        return seasons;

        bool Belong(int argument, int other) =>
            _amplitudes[argument].ToHashSet().SetEquals(_amplitudes[other])
            || frequencies.Exists(frequency => graph.Contains(argument, frequency.Parameter) && graph.Contains(other, frequency.Parameter));

        // Those of a season that is a share of another's amplitude are its own, as b of (a + b * sin(w * t + p)) * sin(v * t + q).
        int[] Amplitudes(List<int> arguments)
        {
            HashSet<int> all = [.. arguments.SelectMany(argument => _amplitudes[argument])];
            return [.. all.Except(_sines.Arguments.Except(arguments).Select(argument => _amplitudes[argument]).Where(all.IsProperSupersetOf).SelectMany(share => share))];
        }

        bool IsBent(int parameter) => Enumerable.Range(0, graph.Nodes.Count)
            .Any(i => graph.Nodes[i].Operation is CurveOperation.Abs or CurveOperation.Minimum or CurveOperation.Maximum && graph.Contains(i, parameter));
    }
}
