using Microsoft.ML.Implicit.Data;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>One series in the units of a model: times, states and controls.</summary>
internal sealed class Motion
{
    private readonly MechanicsArchitecture _architecture;
    private readonly StepFunction[] _controls;
    private readonly double _unit;

    public Motion(TimeSeries series, MechanicsScaling scaling, MechanicsArchitecture architecture)
    {
        Series = series;
        _architecture = architecture;
        _unit = scaling.Time;
        States = [.. Enumerable.Range(0, series.Count).Select(i => Enumerable.Range(0, 2 * architecture.Positions)
            .Select(v => v < series.Values.Length ? scaling.Scale(v, series.Values[v][i]) : double.NaN).ToArray())];
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

    /// <summary>
    /// The state at an observation as it was observed, and for what was not, on the line between the neighbours that were. A velocity that was never observed is the slope of that line for its
    /// position. <see langword="null"/> where nothing tells of a variable.
    /// </summary>
    public double[]? Guess(int observation)
    {
        double[] guess = new double[States[0].Length];
        for (int v = 0; v < guess.Length; v++)
        {
            if ((Interpolate(v, observation) ?? (v < _architecture.Positions || _architecture.HasMomenta ? null : Slope(v - _architecture.Positions, observation))) is not { } value)
            {
                return null;
            }

            guess[v] = value;
        }

        return guess;
    }

    private double? Interpolate(int variable, int observation)
    {
        int before = Before(variable, observation), after = After(variable, observation);
        if (before < 0 && after < 0)
        {
            return null;
        }

        (before, after) = (before < 0 ? after : before, after < 0 ? before : after);
        double share = before == after ? 0 : (Series.Times[observation] - Series.Times[before]) / (Series.Times[after] - Series.Times[before]);
        return States[before][variable] + (share * (States[after][variable] - States[before][variable]));
    }

    // Between the nearest two of its positions that lie around an observation or, at an end, on one side of it.
    private double? Slope(int position, int observation)
    {
        int[] known = [.. Enumerable.Range(0, Count).Where(i => double.IsFinite(States[i][position]))];
        if (known.Length < 2)
        {
            return null;
        }

        int place = Array.FindLastIndex(known, i => i < observation), last = Array.FindIndex(known, i => i > observation);
        (int before, int after) = (place < 0 ? known[0] : known[place], last < 0 ? known[^1] : known[last]);
        (before, after) = before != after ? (before, after) : place < 0 ? (known[0], known[1]) : (known[^2], known[^1]);
        double change = States[after][position] - States[before][position];
        return (_architecture.Angles.Contains(position) ? Math.IEEERemainder(change, 2 * Math.PI) : change) / Length(Series.Times[before], Series.Times[after]);
    }

    private int Before(int variable, int observation) => Array.FindLastIndex(States, observation, observation + 1, state => double.IsFinite(state[variable]));

    private int After(int variable, int observation) => Array.FindIndex(States, observation, state => double.IsFinite(state[variable]));
}
