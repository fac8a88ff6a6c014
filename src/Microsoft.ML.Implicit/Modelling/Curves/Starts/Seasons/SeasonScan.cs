namespace Microsoft.ML.Implicit.Modelling.Curves.Starts.Seasons;

/// <summary>
/// Finds the frequency, phase and amplitude of a season beside what is fitted already: near an amplitude of zero, a season adds a sine times the curve's tangent, wherever it stands.
/// </summary>
/// <param name="plan">What all rows have in common.</param>
/// <param name="row">The row.</param>
/// <param name="projection">What parameters leave of the row.</param>
/// <param name="periodogram">Finds the frequency of one sine.</param>
internal sealed class SeasonScan(CurveFitPlan plan, CurveRow row, TangentProjection projection, Periodogram periodogram)
{
    private const int Phases = 8;

    // Of a season in which the curve bends, or of several sines, the tangents at one phase tell too little of others.
    private const int JudgedPhases = 4;

    // The share of its unit that an amplitude is at least: below all that shows in values, so that the season's tangents are those beside the trend.
    private const double Small = 1e-6;

    private readonly ProductScan _products = new(plan, row, periodogram);

    /// <summary>Finds starts with the season.</summary>
    /// <param name="fitted">What is fitted already, without the season.</param>
    /// <param name="season">The season.</param>
    /// <param name="silent">Amplitudes of seasons that are still missing.</param>
    /// <param name="cancellationToken">Looked at at every frequency.</param>
    /// <returns>Starts; that without the season where there are too few points for it, none where bounds allow no frequency.</returns>
    public IEnumerable<double[]> Find(double[] fitted, Season season, IEnumerable<int> silent, CancellationToken cancellationToken)
    {
        int[] moved = [.. projection.Moving(fitted).Except(silent).Union(season.Amplitudes)], columns = [.. moved.Union(season.Shifts.Select(shift => shift.Parameter))];
        int freedom = row.Count - columns.Length;
        if (freedom <= 0)
        {
            return [fitted];
        }

        double[] start = [.. fitted], roots = projection.Trust();
        foreach (int amplitude in season.Amplitudes)
        {
            start[amplitude] = (plan.Upper[amplitude] > 0 ? Small : -Small) * plan.Starts.Unit(row, amplitude);
        }

        SineFrequency[][] sines = [.. season.Frequencies.GroupBy(frequency => frequency.Argument).Select(sine => sine.ToArray())];
        List<double[]> starts = sines switch
        {
            [] => [start],
            [SineFrequency[] alone] => periodogram.Best(alone, start, 1, freedom, Judge),
            _ => _products.Best(sines[0], sines[1], start, freedom, Judge),
        };
        return starts.Select(found => Turn(found, season, moved, roots));

        double Judge(double[] trial)
        {
            cancellationToken.ThrowIfCancellationRequested();
            return Phased(trial, season).Min(phased => projection.Rest(phased, columns, roots));
        }
    }

    private static IEnumerable<double[]> Phased(double[] trial, Season season)
    {
        yield return trial;
        for (int phase = 1; season.IsJudgedAtPhases && phase < JudgedPhases; phase++)
        {
            trial[season.Shifts[0].Parameter] += season.Shifts[0].Turn / JudgedPhases;
            yield return trial;
        }
    }

    // An angle is told within half a turn of zero; a place stays near where it was drawn.
    private double[] Turn(double[] start, Season season, int[] moved, double[] roots)
    {
        double[] best = Move(start, moved, roots);
        for (int pass = 0; pass < Math.Min(season.Shifts.Length, 2); pass++)
        {
            foreach (SineShift shift in season.Shifts)
            {
                double least = double.PositiveInfinity, origin = shift.IsAngle ? 0 : start[shift.Parameter];
                double[] found = start;
                for (int phase = -Phases / 2; phase < Phases / 2; phase++)
                {
                    double[] trial = [.. start];
                    trial[shift.Parameter] = origin + (shift.Turn * phase / Phases);
                    double[] turned = Move(trial, moved, roots);
                    double loss = plan.Allows(shift.Parameter, trial[shift.Parameter]) ? projection.Loss(turned) : double.NaN;
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

    private double[] Move(double[] start, int[] moved, double[] roots)
    {
        double[] trial = [.. start];
        projection.Move(trial, moved, row.Values, roots);
        return trial;
    }
}
