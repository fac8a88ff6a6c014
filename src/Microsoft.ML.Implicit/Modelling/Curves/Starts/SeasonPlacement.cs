namespace Microsoft.ML.Implicit.Modelling.Curves.Starts;

/// <summary>
/// Places the seasons of a curve one by one beside its trend, wherever they stand in it, as in <c>exp(a + b * t) * (1 + c * sin(w * t + p))</c>: near an amplitude of zero, what a
/// season adds to the fitted trend is a sine times the trend's tangent, in which its frequency shows. Each is fitted together with all before it (as in orthogonal matching pursuit:
/// Pati, Rezaiifar and Krishnaprasad, 1993).
/// </summary>
internal sealed class SeasonPlacement
{
    private const int Phases = 8;

    // Where the curve bends in a season, its tangents at one phase tell nothing of others.
    private const int BentPhases = 4;

    // The share of its unit that an amplitude is at least: below all that shows in values, so that the season's tangents are those beside the trend.
    private const double Small = 1e-6;

    private readonly CurveFitPlan _plan;
    private readonly CurveTape _tape;
    private readonly CurveRow _row;
    private readonly CurveWorkspace _workspace;
    private readonly TangentProjection _projection;
    private readonly SineParameters _sines;
    private readonly Periodogram _periodogram;
    private readonly TrendFit _trend;
    private readonly Func<double[], IReadOnlyList<int>, CancellationToken, double[]?> _fit;
    private readonly Dictionary<int, int[]> _amplitudes;

    private SeasonPlacement(
        CurveFitPlan plan,
        CurveTape tape,
        CurveRow row,
        CurveWorkspace workspace,
        TangentProjection projection,
        SineParameters sines,
        Func<double[], IReadOnlyList<int>, CancellationToken, double[]?> fit,
        Dictionary<int, int[]> amplitudes)
    {
        (_plan, _tape, _row, _workspace, _projection, _sines, _fit, _amplitudes) = (plan, tape, row, workspace, projection, sines, fit, amplitudes);
        _periodogram = new Periodogram(plan, tape, sines);
        _trend = new TrendFit(plan, tape, row, workspace, projection, fit);
    }

    /// <summary>Creates the placement.</summary>
    /// <param name="plan">What all rows have in common.</param>
    /// <param name="tape">The curve at the row's points.</param>
    /// <param name="row">The row.</param>
    /// <param name="workspace">Room for derivatives.</param>
    /// <param name="projection">What parameters leave of the row.</param>
    /// <param name="sines">Tells frequencies and shifts.</param>
    /// <param name="fit">Fits a curve from a start, at which some parameters stay; null where it is not finite.</param>
    /// <returns>Null for a curve that has a sine without an amplitude.</returns>
    public static SeasonPlacement? Create(
        CurveFitPlan plan,
        CurveTape tape,
        CurveRow row,
        CurveWorkspace workspace,
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

        return new SeasonPlacement(plan, tape, row, workspace, projection, sines, fit, found);
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
            foreach (Season season in rest)
            {
                foreach (double[] start in Scan(found, season, cancellationToken))
                {
                    double loss = Loss(start);
                    if (loss < least)
                    {
                        (least, best, placed) = (loss, start, season);
                    }
                }
            }

            rest.Remove(placed);
            found = _fit(best, [.. rest.SelectMany(season => season.Amplitudes).Except(placed.Amplitudes)], cancellationToken);
        }

        return found;
    }

    // Harmonics belong to the sine whose frequency they share.
    private List<Season> Seasons(double[] parameters)
    {
        (List<SineFrequency> frequencies, List<SineShift> shifts) = _sines.Classify(parameters);
        CurveGraph graph = _plan.Curve.Graph;
        List<Season> seasons = [];
        HashSet<int> rest = [.. _sines.Arguments];
        foreach (SineFrequency[] sine in (SineFrequency[][])[.. frequencies.GroupBy(frequency => frequency.Argument).Select(group => group.ToArray()), .. _sines.Arguments.Select(_ => Array.Empty<SineFrequency>())])
        {
            int[] arguments = [.. rest.Where(argument => sine.Length == 0 || sine.Any(frequency => graph.Contains(argument, frequency.Parameter)))];
            arguments = sine.Length == 0 ? arguments[..Math.Min(arguments.Length, 1)] : arguments;
            rest.ExceptWith(arguments);
            if (arguments.Length > 0)
            {
                SineShift[] turned = [.. shifts.Where(shift => arguments.Any(argument => graph.Contains(argument, shift.Parameter)))];
                seasons.Add(new Season(sine, turned, [.. arguments.SelectMany(argument => _amplitudes[argument]).Distinct()], turned.Length > 0 && IsBent(turned[0].Parameter)));
            }
        }

        return seasons;
    }

    private List<double[]> Scan(double[] found, Season season, CancellationToken cancellationToken)
    {
        int[] moved = [.. _projection.Moving(found).Except(_amplitudes.Values.SelectMany(amplitudes => amplitudes).Where(amplitude => found[amplitude] == 0)).Union(season.Amplitudes)];
        int[] columns = [.. moved.Union(season.Shifts.Select(shift => shift.Parameter))];
        if (_row.Count <= columns.Length)
        {
            return [found];
        }

        double[] start = [.. found], roots = _projection.Trust();
        foreach (int amplitude in season.Amplitudes)
        {
            start[amplitude] = (_plan.Upper[amplitude] > 0 ? Small : -Small) * _plan.Starts.Unit(_row, amplitude);
        }

        List<double[]> starts = season.Frequencies.Length == 0 ? [start] : _periodogram.Best(season.Frequencies, start, 1, _row.Count - columns.Length, trial =>
        {
            cancellationToken.ThrowIfCancellationRequested();
            return Phased(trial, season).Min(phased => _projection.Rest(phased, columns, roots));
        });
        return [.. starts.Select(candidate => Turn(candidate, season, moved, roots))];
    }

    private bool IsBent(int parameter) => Enumerable.Range(0, _plan.Curve.Graph.Nodes.Count)
        .Any(i => _plan.Curve.Graph.Nodes[i].Operation is CurveOperation.Abs or CurveOperation.Minimum or CurveOperation.Maximum && _plan.Curve.Graph.Contains(i, parameter));

    private static IEnumerable<double[]> Phased(double[] trial, Season season)
    {
        int phases = season.IsBent ? BentPhases : 1;
        for (int phase = 0; phase < phases; phase++)
        {
            yield return trial;
            if (phases > 1)
            {
                trial[season.Shifts[0].Parameter] += season.Shifts[0].Turn / phases;
            }
        }
    }

    private double[] Turn(double[] start, Season season, int[] moved, double[] roots)
    {
        double[] best = Moved(start, moved, roots);
        for (int pass = 0; pass < Math.Min(season.Shifts.Length, 2); pass++)
        {
            foreach (SineShift shift in season.Shifts)
            {
                double least = double.PositiveInfinity;
                double[] found = start;
                for (int phase = -Phases / 2; phase < Phases / 2; phase++)
                {
                    double[] trial = [.. start];
                    trial[shift.Parameter] = (shift.IsAngle ? 0 : start[shift.Parameter]) + (shift.Turn * phase / Phases);
                    double[] turned = Moved(trial, moved, roots);
                    double loss = _plan.Allows(shift.Parameter, trial[shift.Parameter]) ? Loss(turned) : double.PositiveInfinity;
                    if (loss < least)
                    {
                        (least, found, best) = (loss, trial, turned);
                    }
                }

                start = found;
            }
        }

        return best;
    }

    private double[] Moved(double[] start, int[] moved, double[] roots)
    {
        double[] trial = [.. start];
        _projection.Move(trial, moved, _row.Values, roots);
        return trial;
    }

    private double Loss(double[] parameters)
    {
        Span<double> residuals = _workspace.Residuals(_row.Count);
        _row.Residuals(_tape.Evaluate(parameters), residuals);
        return _plan.Options.Loss.Convex.Total(residuals);
    }
}
