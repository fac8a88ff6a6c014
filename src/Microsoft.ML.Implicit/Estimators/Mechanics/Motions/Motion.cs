using Microsoft.ML.Implicit.Data;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>One series in the units of a model: times, states and controls.</summary>
internal sealed class Motion
{
    private readonly StepFunction[] _controls;
    private readonly double _unit;

    public Motion(TimeSeries series, MechanicsScaling scaling)
    {
        Series = series;
        _unit = scaling.Time;
        States = [.. Enumerable.Range(0, series.Count).Select(i => series.Values.Select((values, v) => scaling.Scale(v, values[i])).ToArray())];
        _controls = [.. series.Covariates.Select((values, c) => new StepFunction(series.CovariateTimes, values, 0, scaling.Controls[c]))];
    }

    public TimeSeries Series { get; }

    /// <summary>For each observation positions and then velocities or momenta; NaN where not observed.</summary>
    public double[][] States { get; }

    public int Count => States.Length;

    /// <summary>Index of the first of the last observations, at most so many.</summary>
    public int First(int count) => Math.Max(0, Count - count);

    /// <summary>Time between two points in time, in units.</summary>
    public double Length(double from, double to) => (to - from) / _unit;

    /// <summary>Mean controls between two points in time, in either order.</summary>
    public IEnumerable<double> Controls(double from, double to) => _controls.Select(control => control.Mean(Math.Min(from, to), Math.Max(from, to)));

    /// <summary>Points in time at which controls change, strictly between two.</summary>
    public IEnumerable<double> Changes(double from, double to) => _controls.Length == 0 ? [] : Series.CovariateTimes.Where(time => time > from && time < to);

    /// <summary>The state at an observation as it was observed, and for what was not, on the line between the neighbours that were; <see langword="null"/> where something was never observed.</summary>
    public double[]? Guess(int observation)
    {
        double[] guess = new double[States[0].Length];
        for (int v = 0; v < guess.Length; v++)
        {
            int before = Array.FindLastIndex(States, observation, observation + 1, state => double.IsFinite(state[v]));
            int after = Array.FindIndex(States, observation, state => double.IsFinite(state[v]));
            if (before < 0 && after < 0)
            {
                return null;
            }

            (before, after) = (before < 0 ? after : before, after < 0 ? before : after);
            double share = before == after ? 0 : (Series.Times[observation] - Series.Times[before]) / (Series.Times[after] - Series.Times[before]);
            guess[v] = States[before][v] + (share * (States[after][v] - States[before][v]));
        }

        return guess;
    }
}
