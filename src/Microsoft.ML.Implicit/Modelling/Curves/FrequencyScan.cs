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

    private readonly int[] _arguments;
    private readonly int[] _drawn;
    private readonly int[] _affine;
    private readonly CurveWorkspace _workspace;
    private readonly double[] _trial;

    private FrequencyScan(Curve curve, int[] arguments, int[] drawn)
    {
        (_arguments, _drawn) = (arguments, drawn);
        bool[] affine = LinearParameters.Find(curve);
        _affine = [.. Enumerable.Range(0, affine.Length).Where(i => affine[i])];
        _workspace = new CurveWorkspace(affine.Length);
        _trial = new double[affine.Length];
    }

    /// <summary>Creates the scan of a curve.</summary>
    /// <param name="curve">The curve.</param>
    /// <param name="drawn">Parameters that have no start and are not solved for.</param>
    /// <returns>The scan, or null for a curve in which no such parameter stands in a sine.</returns>
    public static FrequencyScan? Create(Curve curve, int[] drawn)
    {
        int[] arguments =
        [
            .. curve.Graph.Nodes.Where(node => node.Operation is CurveOperation.Sin or CurveOperation.Cos).Select(node => node.Left).Distinct()
                .Where(argument => drawn.Any(parameter => curve.Graph.Contains(argument, parameter))),
        ];
        return arguments.Length == 0 ? null : new FrequencyScan(curve, arguments, drawn);
    }

    /// <summary>Sets frequencies and shifts of a start to the best of a scan.</summary>
    /// <param name="tape">The curve at the row's points.</param>
    /// <param name="row">The row.</param>
    /// <param name="plan">Bounds and loss.</param>
    /// <param name="start">The start, whose other parameters stay but for the affine ones, which are solved for.</param>
    /// <returns>Whether parameters are drawn that are neither, so that scans from other draws may find other frequencies.</returns>
    public bool Improve(CurveTape tape, CurveRow row, CurveFitPlan plan, double[] start)
    {
        (List<Frequency> frequencies, List<Shift> shifts) = Classify(tape, start);
        int[] columns = [.. _affine, .. shifts.Select(shift => shift.Parameter).Except(_affine)];
        if (row.Count > columns.Length)
        {
            double[] roots = Trust(row, plan.Options.Loss);
            for (int pass = 0; pass < Math.Min(frequencies.Count, 2); pass++)
            {
                frequencies.ForEach(frequency => Scan(frequency, tape, row, plan, roots, columns, start));
            }

            for (int pass = 0; pass < Math.Min(shifts.Count, 2); pass++)
            {
                shifts.ForEach(shift => Turn(shift, tape, row, plan, start));
            }
        }

        return _drawn.Any(parameter => frequencies.All(frequency => frequency.Parameter != parameter) && shifts.All(shift => shift.Parameter != parameter));
    }

    private (List<Frequency> Frequencies, List<Shift> Shifts) Classify(CurveTape tape, double[] start)
    {
        List<Frequency> frequencies = [];
        List<Shift> shifts = [];
        foreach (int parameter in _drawn)
        {
            foreach (int argument in _arguments)
            {
                tape.Evaluate(start);
                double reach = Reach(tape, argument), first = tape.ValuesOf(argument)[0];
                start.CopyTo(_trial, 0);
                _trial[parameter] *= 2;
                tape.Evaluate(_trial);
                double ratio = Reach(tape, argument) / reach, change = tape.ValuesOf(argument)[0] - first;
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

    private static double Reach(CurveTape tape, int argument) => TensorPrimitives.Max(tape.ValuesOf(argument)) - TensorPrimitives.Min(tape.ValuesOf(argument));

    // Far values would outshine every line: they count by their distance from the median, as with Huber's loss.
    private static double[] Trust(CurveRow row, RobustLoss loss)
    {
        if (loss.IsSquares)
        {
            return [];
        }

        double[] values = row.Values.ToArray();
        double median = MedianDeviation.Median(values), scale = 3 * MedianDeviation.Of([.. values.Select(value => value - median)]);
        return scale > 0 ? [.. values.Select(value => Math.Sqrt(RobustLoss.Huber(scale).Weight(value - median)))] : [];
    }

    private void Scan(Frequency frequency, CurveTape tape, CurveRow row, CurveFitPlan plan, double[] roots, int[] columns, double[] start)
    {
        int parameter = frequency.Parameter;
        double sign = plan.Upper[parameter] > 0 ? 1 : -1, least = double.PositiveInfinity, best = start[parameter];
        tape.Evaluate(start);
        double most = Math.PI * (tape.ValuesOf(frequency.Argument).ToArray().Distinct().Count() - 1);
        start.CopyTo(_trial, 0);
        foreach (int i in _affine)
        {
            _trial[i] = 1;
        }

        for (int step = 1; step <= MostSteps && step * Step <= most; step++)
        {
            _trial[parameter] = sign * frequency.Value * Math.Pow(step * Step / frequency.Reach, frequency.Power);
            if (_trial[parameter] < plan.Lower[parameter] || _trial[parameter] > plan.Upper[parameter])
            {
                continue;
            }

            double rest = Rest(tape, row, roots, columns);
            if (rest < least)
            {
                (least, best) = (rest, _trial[parameter]);
            }
        }

        start[parameter] = best;
    }

    // The squares of what the tangents of the columns' parameters leave of the residuals.
    private double Rest(CurveTape tape, CurveRow row, double[] roots, int[] columns)
    {
        int count = row.Count;
        Span<double> jacobian = _workspace.Jacobian(count), residuals = _workspace.Residuals(count), tangents = _workspace.Columns(count * columns.Length);
        row.Residuals(tape.Evaluate(_trial), residuals);
        tape.Differentiate(jacobian);
        if (roots.Length > 0)
        {
            TensorPrimitives.Multiply(residuals, roots, residuals);
        }

        for (int k = 0; k < columns.Length; k++)
        {
            Span<double> tangent = tangents.Slice(k * count, count);
            row.Weigh(jacobian.Slice(columns[k] * count, count), tangent);
            if (roots.Length > 0)
            {
                TensorPrimitives.Multiply(tangent, roots, tangent);
            }
        }

        HouseholderQr.Factor(tangents, count, residuals);
        return TensorPrimitives.SumOfSquares<double>(residuals[columns.Length..]);
    }

    private void Turn(Shift shift, CurveTape tape, CurveRow row, CurveFitPlan plan, double[] start)
    {
        int parameter = shift.Parameter;
        tape.Evaluate(start);
        double argument = tape.ValuesOf(shift.Argument)[0];
        start.CopyTo(_trial, 0);
        _trial[parameter] *= 2;
        tape.Evaluate(_trial);
        double slope = (tape.ValuesOf(shift.Argument)[0] - argument) / start[parameter], turn = 2 * Math.PI / Math.Abs(slope), least = double.PositiveInfinity;

        // An angle is told within half a turn of zero; a place stays near where it was drawn.
        double origin = IsNear(Math.Abs(slope), 1) ? 0 : start[parameter];
        double[] found = [.. start];
        for (int phase = -Phases / 2; phase < Phases / 2; phase++)
        {
            start.CopyTo(_trial, 0);
            _trial[parameter] = origin + (turn * phase / Phases);
            if (_trial[parameter] < plan.Lower[parameter] || _trial[parameter] > plan.Upper[parameter])
            {
                continue;
            }

            plan.Starts.Solve(tape, row, _trial, _workspace);
            Span<double> residuals = _workspace.Residuals(row.Count);
            row.Residuals(tape.Evaluate(_trial), residuals);
            double loss = plan.Options.Loss.Convex.Total(residuals);
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
