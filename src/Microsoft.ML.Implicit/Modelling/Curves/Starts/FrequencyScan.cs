using Microsoft.ML.Implicit.Modelling.Curves.Expressions;

namespace Microsoft.ML.Implicit.Modelling.Curves.Starts;

/// <summary>
/// Looks for frequencies of a curve's sines, one sine after the other: the sum of squares has a minimum within each turn, and only a scan in steps of less than a turn finds the
/// least. At each frequency, all parameters are solved for in which the curve is affine, each on its own or all together, or which shift a sine (Lomb, 1976, for one sine).
/// </summary>
internal sealed class FrequencyScan
{
    private const int Phases = 8;

    // A trend and a season's share of it, which are found in turns, are each near their optimum after these.
    private const int Alternations = 6;

    private readonly CurveFitPlan _plan;
    private readonly CurveTape _tape;
    private readonly CurveRow _row;
    private readonly CurveWorkspace _workspace;
    private readonly SineParameters _sines;
    private readonly TangentProjection _projection;
    private readonly Periodogram _periodogram;
    private readonly int[] _affine;
    private readonly int[] _factors;
    private readonly AffineProjection _factorProjection;
    private readonly double[] _trial;

    /// <summary>Creates the scan of a curve.</summary>
    /// <param name="plan">What all rows have in common.</param>
    /// <param name="tape">The curve at the row's points.</param>
    /// <param name="row">The row.</param>
    /// <param name="workspace">Room for derivatives.</param>
    /// <param name="sines">Tells frequencies and shifts.</param>
    public FrequencyScan(CurveFitPlan plan, CurveTape tape, CurveRow row, CurveWorkspace workspace, SineParameters sines)
    {
        (_plan, _tape, _row, _workspace, _sines) = (plan, tape, row, workspace, sines);
        _projection = new TangentProjection(plan, tape, row, workspace);
        _periodogram = new Periodogram(plan, tape, sines);
        _affine = [.. Enumerable.Range(0, plan.IsAffine.Count).Where(i => plan.IsAffine[i])];
        _factors = [.. plan.Starts.Drawn.Where(i => LinearParameters.IsAffine(plan.Curve, i))];
        _factorProjection = new AffineProjection(_factors);
        _trial = new double[plan.IsAffine.Count];
    }

    /// <summary>Whether scans from other draws may find other frequencies: parameters are drawn that are neither frequencies nor shifts nor solved for.</summary>
    public bool DependsOnDraw(double[] start)
    {
        (List<SineFrequency> frequencies, List<SineShift> shifts) = _sines.Classify(start);
        return _plan.Starts.Drawn.Except(_factors).Any(parameter => frequencies.All(frequency => frequency.Parameter != parameter) && shifts.All(shift => shift.Parameter != parameter));
    }

    /// <summary>Finds frequencies and shifts for a start.</summary>
    /// <param name="start">The start, whose other parameters stay but for the affine ones, which are solved for.</param>
    /// <param name="isClear">Whether outliers are to have no part in it.</param>
    /// <param name="count">How many of the best frequencies are wanted, of the last where there are several.</param>
    /// <param name="cancellationToken">Looked at at every frequency.</param>
    /// <returns>Starts, the best first.</returns>
    public List<double[]> Improve(double[] start, bool isClear, int count, CancellationToken cancellationToken)
    {
        (List<SineFrequency> frequencies, List<SineShift> shifts) = _sines.Classify(start);
        int[] columns = [.. _affine, .. _factors, .. shifts.Select(shift => shift.Parameter).Except(_affine)];
        if (_row.Count <= columns.Length)
        {
            return [start];
        }

        double[] roots = _projection.Trust();
        int freedom = isClear ? 0 : _row.Count - columns.Length;
        SineFrequency[][] sines = [.. frequencies.GroupBy(frequency => frequency.Argument).Select(sine => sine.ToArray())];
        List<double[]> starts = [[.. start]];
        foreach (int parameter in _affine)
        {
            starts[0][parameter] = _plan.Starts.Unit(_row, parameter);
        }

        for (int pass = 0; pass < Math.Min(sines.Length, 2); pass++)
        {
            foreach (SineFrequency[] sine in sines)
            {
                List<double[]> best = _periodogram.Best(sine, starts[0], count, freedom, Judge);
                starts = best.Count > 0 ? best : starts[..1];
            }
        }

        starts.ForEach(found => Turn(found, isClear));
        return starts;

        double Judge(double[] trial)
        {
            cancellationToken.ThrowIfCancellationRequested();
            return isClear ? _projection.ClearRest(trial, columns, roots) : _projection.Rest(trial, columns, roots);
        }
    }

    /// <summary>Sets the shifts of a start to the best for its frequencies, and solves for the parameters in which the curve is affine.</summary>
    /// <param name="start">The start.</param>
    /// <param name="isClear">Whether outliers are to have no part in it.</param>
    public void Turn(double[] start, bool isClear)
    {
        List<SineShift> shifts = _sines.Classify(start).Shifts;
        Solve(start);
        for (int pass = 0; pass < Math.Min(shifts.Count, 2); pass++)
        {
            shifts.ForEach(shift => Turn(shift, start, isClear));
        }
    }

    // An angle is told within half a turn of zero; a place stays near where it was drawn.
    private void Turn(SineShift shift, double[] start, bool isClear)
    {
        int parameter = shift.Parameter;
        double least = double.PositiveInfinity, origin = shift.IsAngle ? 0 : start[parameter];
        double[] found = [.. start];
        for (int phase = -Phases / 2; phase < Phases / 2; phase++)
        {
            start.CopyTo(_trial, 0);
            _trial[parameter] = origin + (shift.Turn * phase / Phases);
            if (!_plan.Allows(parameter, _trial[parameter]))
            {
                continue;
            }

            Solve(_trial);
            Span<double> residuals = _workspace.Residuals(_row.Count);
            _row.Residuals(_tape.Evaluate(_trial), residuals);
            double loss = isClear ? MedianDeviation.Of(residuals) : _plan.Options.Loss.Convex.Total(residuals);
            if (loss < least)
            {
                least = loss;
                _trial.CopyTo(found, 0);
            }
        }

        found.CopyTo(start, 0);
    }

    // Factors in which the curve is affine, but not together with others that multiply them, take turns with these.
    private void Solve(double[] parameters)
    {
        _plan.Starts.Solve(_tape, _row, parameters, _workspace);
        for (int turn = 0; turn < Alternations && _factorProjection.Applies(_row); turn++)
        {
            _factorProjection.Apply(_tape, _row, _plan.Options.Loss.Convex, parameters, _workspace);
            _plan.KeepToBounds(parameters);
            _plan.Starts.Solve(_tape, _row, parameters, _workspace);
        }
    }
}
