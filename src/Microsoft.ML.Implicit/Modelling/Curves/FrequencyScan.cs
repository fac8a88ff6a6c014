using Microsoft.ML.Implicit.Solvers.Optimization;
using Microsoft.ML.Implicit.Solvers.Optimization.Searches;
using TensorPrimitives = System.Numerics.Tensors.TensorPrimitives;

namespace Microsoft.ML.Implicit.Modelling.Curves;

/// <summary>
/// Looks for frequencies of a curve's sines by a periodogram of the points, whatever their times: the sum of squares has a minimum within each turn, and only a scan in steps of
/// less than a turn finds the least. At each frequency, all parameters are solved for in which the curve is affine or which shift a sine (Lomb, 1976, for one sine).
/// </summary>
/// <remarks>
/// What a parameter does to a sine is seen from how far the sine's argument reaches over the points: that doubles with a frequency, halves with a period, and stays with a shift.
/// </remarks>
internal sealed class FrequencyScan
{
    // Radians that the argument reaches further by from one frequency to the next: a third of the way from the peak of a line to its first zero is missed at most.
    private const double Step = 2;

    // A bound on what a row costs: 650 turns.
    private const int MostSteps = 2048;
    private const int Phases = 8;

    private readonly CurveFitPlan _plan;
    private readonly CurveTape _tape;
    private readonly CurveRow _row;
    private readonly CurveWorkspace _workspace;
    private readonly int[] _arguments;
    private readonly int[] _affine;
    private readonly double[] _trial;

    private FrequencyScan(CurveFitPlan plan, CurveTape tape, CurveRow row, CurveWorkspace workspace, int[] arguments)
    {
        (_plan, _tape, _row, _workspace, _arguments) = (plan, tape, row, workspace, arguments);
        _affine = [.. Enumerable.Range(0, plan.IsAffine.Count).Where(i => plan.IsAffine[i])];
        _trial = new double[plan.IsAffine.Count];
    }

    /// <summary>Creates the scan of a curve.</summary>
    /// <param name="plan">What all rows have in common.</param>
    /// <param name="tape">The curve at the row's points.</param>
    /// <param name="row">The row.</param>
    /// <param name="workspace">Room for derivatives.</param>
    /// <returns>The scan, or null for a curve in whose sines there is no parameter that has no start and is not solved for.</returns>
    public static FrequencyScan? Create(CurveFitPlan plan, CurveTape tape, CurveRow row, CurveWorkspace workspace)
    {
        CurveGraph graph = plan.Curve.Graph;
        int[] arguments =
        [
            .. graph.Nodes.Where(node => node.Operation is CurveOperation.Sin or CurveOperation.Cos).Select(node => node.Left).Distinct()
                .Where(argument => plan.Starts.Drawn.Any(parameter => graph.Contains(argument, parameter))),
        ];
        return arguments.Length == 0 ? null : new FrequencyScan(plan, tape, row, workspace, arguments);
    }

    /// <summary>Sets frequencies and shifts of a start to the best of a scan.</summary>
    /// <param name="start">The start, whose other parameters stay but for the affine ones, which are solved for.</param>
    /// <returns>Whether parameters are drawn that are neither, so that scans from other draws may find other frequencies.</returns>
    public bool Improve(double[] start)
    {
        (List<Frequency> frequencies, List<Shift> shifts) = Classify(start);
        int[] columns = [.. _affine, .. shifts.Select(shift => shift.Parameter).Except(_affine)];
        if (_row.Count > columns.Length)
        {
            double[] roots = Trust();
            for (int pass = 0; pass < Math.Min(frequencies.Count, 2); pass++)
            {
                frequencies.ForEach(frequency => Scan(frequency, roots, columns, start));
            }

            for (int pass = 0; pass < Math.Min(shifts.Count, 2); pass++)
            {
                shifts.ForEach(shift => Turn(shift, start));
            }
        }

        return _plan.Starts.Drawn.Any(parameter => frequencies.All(frequency => frequency.Parameter != parameter) && shifts.All(shift => shift.Parameter != parameter));
    }

    private (List<Frequency> Frequencies, List<Shift> Shifts) Classify(double[] start)
    {
        List<Frequency> frequencies = [];
        List<Shift> shifts = [];
        foreach (int parameter in _plan.Starts.Drawn)
        {
            foreach (int argument in _arguments)
            {
                _tape.Evaluate(start);
                double reach = Reach(argument), first = _tape.ValuesOf(argument)[0];
                start.CopyTo(_trial, 0);
                _trial[parameter] *= 2;
                _tape.Evaluate(_trial);
                double ratio = Reach(argument) / reach, change = _tape.ValuesOf(argument)[0] - first;
                if (IsNear(ratio, 2) || IsNear(ratio, 0.5))
                {
                    frequencies.Add(new Frequency(parameter, argument, Math.Abs(start[parameter]), reach, ratio > 1 ? 1 : -1));
                    break;
                }

                if (IsNear(ratio, 1) && change != 0)
                {
                    shifts.Add(new Shift(parameter, argument));
                    break;
                }
            }
        }

        return (frequencies, shifts);
    }

    private static bool IsNear(double ratio, double value) => Math.Abs(ratio - value) < 1e-3;

    private double Reach(int argument) => TensorPrimitives.Max(_tape.ValuesOf(argument)) - TensorPrimitives.Min(_tape.ValuesOf(argument));

    // Far values would outshine every line: they count by their distance from the median, as with Huber's loss.
    private double[] Trust()
    {
        if (_plan.Options.Loss.IsSquares)
        {
            return [];
        }

        double[] values = _row.Values.ToArray();
        double median = MedianDeviation.Median(values), scale = 3 * MedianDeviation.Of([.. values.Select(value => value - median)]);
        return scale > 0 ? [.. values.Select(value => Math.Sqrt(RobustLoss.Huber(scale).Weight(value - median)))] : [];
    }

    private void Scan(Frequency frequency, double[] roots, int[] columns, double[] start)
    {
        int parameter = frequency.Parameter;
        double sign = _plan.Upper[parameter] > 0 ? 1 : -1, least = double.PositiveInfinity, best = start[parameter];
        _tape.Evaluate(start);
        double most = Math.PI * (_tape.ValuesOf(frequency.Argument).ToArray().Distinct().Count() - 1);
        start.CopyTo(_trial, 0);
        foreach (int i in _affine)
        {
            _trial[i] = 1;
        }

        for (int step = 1; step <= MostSteps && step * Step <= most; step++)
        {
            _trial[parameter] = sign * frequency.Value * Math.Pow(step * Step / frequency.Reach, frequency.Power);
            if (_trial[parameter] < _plan.Lower[parameter] || _trial[parameter] > _plan.Upper[parameter])
            {
                continue;
            }

            double rest = Rest(roots, columns);
            if (rest < least)
            {
                (least, best) = (rest, _trial[parameter]);
            }
        }

        start[parameter] = best;
    }

    // The squares of what the tangents of the columns' parameters leave of the residuals.
    private double Rest(double[] roots, int[] columns)
    {
        int count = _row.Count;
        Span<double> jacobian = _workspace.Jacobian(count), residuals = _workspace.Residuals(count), tangents = _workspace.Columns(count * columns.Length);
        _row.Residuals(_tape.Evaluate(_trial), residuals);
        _tape.Differentiate(jacobian);
        AffineProjection.Weigh(residuals, roots);
        for (int k = 0; k < columns.Length; k++)
        {
            Span<double> tangent = tangents.Slice(k * count, count);
            _row.Weigh(jacobian.Slice(columns[k] * count, count), tangent);
            AffineProjection.Weigh(tangent, roots);
        }

        HouseholderQr.Factor(tangents, count, residuals);
        return TensorPrimitives.SumOfSquares<double>(residuals[columns.Length..]);
    }

    private void Turn(Shift shift, double[] start)
    {
        int parameter = shift.Parameter;
        _tape.Evaluate(start);
        double argument = _tape.ValuesOf(shift.Argument)[0];
        start.CopyTo(_trial, 0);
        _trial[parameter] *= 2;
        _tape.Evaluate(_trial);
        double slope = (_tape.ValuesOf(shift.Argument)[0] - argument) / start[parameter], turn = 2 * Math.PI / Math.Abs(slope), least = double.PositiveInfinity;

        // An angle is told within half a turn of zero; a place stays near where it was drawn.
        double origin = IsNear(Math.Abs(slope), 1) ? 0 : start[parameter];
        double[] found = [.. start];
        for (int phase = -Phases / 2; phase < Phases / 2; phase++)
        {
            start.CopyTo(_trial, 0);
            _trial[parameter] = origin + (turn * phase / Phases);
            if (_trial[parameter] < _plan.Lower[parameter] || _trial[parameter] > _plan.Upper[parameter])
            {
                continue;
            }

            _plan.Starts.Solve(_tape, _row, _trial, _workspace);
            Span<double> residuals = _workspace.Residuals(_row.Count);
            _row.Residuals(_tape.Evaluate(_trial), residuals);
            double loss = _plan.Options.Loss.Convex.Total(residuals);
            if (loss < least)
            {
                least = loss;
                _trial.CopyTo(found, 0);
            }
        }

        found.CopyTo(start, 0);
    }

    /// <summary>A parameter with which the reach of a sine's argument grows or shrinks.</summary>
    /// <param name="Parameter">Which.</param>
    /// <param name="Argument">Node of the argument.</param>
    /// <param name="Value">A magnitude of the parameter.</param>
    /// <param name="Reach">How far the argument reaches there.</param>
    /// <param name="Power">1 for a frequency, -1 for a period.</param>
    private readonly record struct Frequency(int Parameter, int Argument, double Value, double Reach, int Power);

    private readonly record struct Shift(int Parameter, int Argument);
}
