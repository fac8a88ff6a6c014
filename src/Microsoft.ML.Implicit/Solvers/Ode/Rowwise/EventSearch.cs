using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Numerics;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Ode.Rowwise;

/// <summary>Watches a function of every row for zero crossings and finds their places by bisection on the dense output.</summary>
internal sealed class EventSearch
{
    private readonly OdeEvent _event;
    private readonly RowStepper _stepper;
    private readonly double[] _values;

    public EventSearch(OdeEvent stopEvent, RowStepper stepper, Tensor times, Tensor initialState)
    {
        using DisposeScope scope = NewDisposeScope();
        _event = stopEvent;
        _stepper = stepper;
        _values = Evaluate(times, initialState);
    }

    /// <summary>Looks for events in the steps just tried.</summary>
    /// <param name="active">Rows that took them.</param>
    /// <param name="accepted">Whether each step was accepted.</param>
    /// <param name="step">The steps.</param>
    /// <returns>For each row the place of its event in its step, in (0, 1]; NaN where there is none.</returns>
    public double[] Find(long[] active, bool[] accepted, in TriedStep step)
    {
        double[] after = Evaluate(step.Times.Plus(step.Sizes), step.Trial);
        double[] thetas = new double[active.Length];
        Array.Fill(thetas, double.NaN);
        int[] crossing = [.. Enumerable.Range(0, active.Length).Where(i => accepted[i] && _event.IsCrossing(_values[active[i]], after[i]))];
        if (crossing.Length > 0)
        {
            double[] roots = Bisect(crossing, [.. crossing.Select(i => Math.Sign(_values[active[i]]))], step);
            for (int i = 0; i < crossing.Length; i++)
            {
                thetas[crossing[i]] = roots[i];
            }
        }

        for (int i = 0; i < active.Length; i++)
        {
            _values[active[i]] = accepted[i] ? after[i] : _values[active[i]];
        }

        return thetas;
    }

    private double[] Bisect(int[] positions, int[] signs, in TriedStep step)
    {
        double[] low = new double[positions.Length];
        double[] high = new double[positions.Length];
        Array.Fill(high, 1.0);
        Tensor chosen = tensor(positions.Select(p => (long)p).ToArray(), ScalarType.Int64, step.Trial.device);
        Tensor starts = step.Times.index_select(0, chosen);
        Tensor sizes = step.Sizes.index_select(0, chosen);
        double width = MachineEpsilon.Of(step.Trial.dtype);
        while (high[0] - low[0] > width)
        {
            using DisposeScope scope = NewDisposeScope();
            double[] middle = [.. low.Zip(high, (a, b) => 0.5 * (a + b))];
            RowOutput[] places = [.. positions.Select((p, i) => new RowOutput(p, p, 0, middle[i]))];
            Tensor states = _stepper.Interpolate(step.Stages, step.Sizes, step.State, places);
            double[] values = Evaluate(starts.Plus(sizes * tensor(middle, sizes.dtype, sizes.device)), states);
            for (int i = 0; i < middle.Length; i++)
            {
                bool beforeEvent = Math.Sign(values[i]) == signs[i];
                low[i] = beforeEvent ? middle[i] : low[i];
                high[i] = beforeEvent ? high[i] : middle[i];
            }
        }

        return high;
    }

    private double[] Evaluate(Tensor times, Tensor flat) => RowStepper.ToDoubles(_event.Evaluate(times, _stepper.Shape(flat)));
}
