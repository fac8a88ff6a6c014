using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Numerics;
using Microsoft.ML.Implicit.Solvers.Ode.Stepping;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Ode.Rowwise;

/// <summary>Watches a function of every row for zero crossings and finds their places by bisection on the dense output.</summary>
/// <param name="stopEvent">The function.</param>
/// <param name="method">Knows the shape of rows.</param>
internal sealed class EventSearch(OdeEvent stopEvent, RowRungeKutta method)
{
    private const double RoundingsAtEnd = 16;

    private readonly double[] _values = new double[method.Batch];
    private bool _isStarted;

    /// <summary>Looks for events in the steps just tried.</summary>
    /// <param name="rows">Rows that took them; at first all that take any.</param>
    /// <param name="step">The steps.</param>
    /// <param name="errors">Their errors.</param>
    /// <returns>For each the place of its event in it, in (0, 1]; NaN where there is none.</returns>
    public double[] Find(int[] rows, RowStages step, double[] errors)
    {
        if (!_isStarted)
        {
            Remember(rows, Evaluate(step.Clock.Times, step.Start), _ => true);
            _isStarted = true;
        }

        double[] after = Evaluate(step.Clock.Times.Plus(step.Clock.Sizes), step.End);
        double[] thetas = new double[rows.Length];
        Array.Fill(thetas, double.NaN);
        int[] crossing = [.. Enumerable.Range(0, rows.Length).Where(i => errors[i] <= 1 && MayCross(_values[rows[i]], after[i]))];
        if (crossing.Length > 0)
        {
            double[] roots = Bisect([.. crossing.Select(i => (long)i)], [.. crossing.Select(i => Math.Sign(_values[rows[i]]))], [.. crossing.Select(i => after[i])], step);
            for (int i = 0; i < crossing.Length; i++)
            {
                thetas[crossing[i]] = roots[i];
            }
        }

        double rounding = RoundingsAtEnd * MachineEpsilon.Of(step.End.dtype);
        for (int i = 0; i < rows.Length; i++)
        {
            if (errors[i] <= 1 && double.IsNaN(thetas[i]) && EndsAtZero(step.Clock.Steps[i], _values[rows[i]], after[i], rounding))
            {
                thetas[i] = 1;
            }
        }

        Remember(rows, after, i => errors[i] <= 1 && !double.IsNaN(after[i]));
        return thetas;
    }

    // No step follows the last to find a zero that rounding has moved behind its end: the secant tells how far it is.
    private bool EndsAtZero(OdeStep step, double before, double after, double rounding)
    {
        double end = step.Time + step.Size;
        double scale = Math.Max(Math.Abs(step.Time), Math.Abs(end));
        return Math.Abs(step.Segment.End - end) <= rounding * scale && stopEvent.IsCrossing(before, 0) && after / (before - after) * Math.Abs(step.Size) is >= 0 and var beyond && beyond <= rounding * scale;
    }

    // Where the function ends, as a root or a logarithm does, it may have crossed zero before.
    private bool MayCross(double before, double after) => stopEvent.IsCrossing(before, double.IsNaN(after) ? -before : after);

    private void Remember(int[] rows, double[] values, Func<int, bool> isReached)
    {
        for (int i = 0; i < rows.Length; i++)
        {
            _values[rows[i]] = isReached(i) ? values[i] : _values[rows[i]];
        }
    }

    // NaN where the function ends without having crossed zero.
    private double[] Bisect(long[] positions, int[] signs, double[] beyond, RowStages step)
    {
        double[] low = new double[positions.Length];
        double[] high = new double[positions.Length];
        Array.Fill(high, 1.0);
        Tensor chosen = tensor(positions, device: step.End.device);
        Tensor starts = step.Clock.Times.index_select(0, chosen);
        Tensor sizes = step.Clock.Sizes.index_select(0, chosen);
        step.EvaluateDenseStages();
        double width = MachineEpsilon.Of(step.End.dtype);
        while (high[0] - low[0] > width)
        {
            using DisposeScope scope = NewDisposeScope();
            double[] middle = [.. low.Zip(high, (a, b) => 0.5 * (a + b))];
            double[] values = Evaluate(starts.Plus(sizes * tensor(middle, sizes.dtype, sizes.device)), step.Interpolate(positions, middle));
            for (int i = 0; i < middle.Length; i++)
            {
                bool beforeEvent = values[i] * signs[i] > 0;
                low[i] = beforeEvent ? middle[i] : low[i];
                (high[i], beyond[i]) = beforeEvent ? (high[i], beyond[i]) : (middle[i], values[i]);
            }
        }

        return [.. high.Zip(beyond, (place, value) => double.IsNaN(value) ? double.NaN : place)];
    }

    private double[] Evaluate(Tensor times, Tensor flat) => RowRungeKutta.ToDoubles(stopEvent.Evaluate(times, method.Shape(flat)));
}
