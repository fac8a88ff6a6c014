using Microsoft.ML.Implicit.Data;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>The last values of a variable, seasonally adjusted and told by their distances from the value that forecasts start from, in change scales.</summary>
internal readonly ref struct RecentValues
{
    /// <summary>What flattens lines through values that lie close together, in squared median gaps.</summary>
    public const double Flattening = 0.1;

    /// <summary>What distances are limited to, so that single outliers do not make a forecast.</summary>
    public const double LargestDistance = 8;

    private readonly double[] _times;
    private readonly double[] _values;
    private readonly int _first;
    private readonly int _last;
    private readonly int _variables;
    private readonly int _variable;
    private readonly double _start;
    private readonly double _unit;
    private readonly double _usualGap;
    private readonly int _count;
    private readonly double[] _lastTimes = new double[HistoryRegressors.MeanLength];
    private readonly double[] _lastValues = new double[HistoryRegressors.MeanLength];

    public RecentValues(EncodedSeries series, int last, int variable, int memory, SeriesScaling scaling)
    {
        (_times, _values, _variable, _variables) = (series.PastTimes, series.PastValues, variable, scaling.Variables.Length);
        _last = _times.Length - series.Count + last;
        _first = Math.Max(0, _last + 1 - memory);
        _start = series.Starts[(last * _variables) + variable];
        _unit = scaling.Variables[variable].ChangeScale;
        _usualGap = scaling.MedianGap;
        for (int i = _last; i >= _first && _count < _lastTimes.Length; i--)
        {
            if (double.IsFinite(_values[(i * _variables) + variable]))
            {
                (_lastTimes[_count], _lastValues[_count]) = (_times[i], Distance(i));
                _count++;
            }
        }

        Lags = new double[HistoryRegressors.Lags];
        for (int i = 0; i < Lags.Length && _count > 0; i++)
        {
            Lags[i] = _lastValues[Math.Min(i, _count - 1)];
        }
    }

    /// <summary>The last values, the latest first; what there is none of repeats the one after it.</summary>
    public double[] Lags { get; }

    /// <summary>Mean of the last values.</summary>
    public double Mean
    {
        get
        {
            double sum = 0;
            for (int i = 0; i < _count; i++)
            {
                sum += _lastValues[i];
            }

            return _count == 0 ? 0 : sum / _count;
        }
    }

    /// <summary>By how much a line through the last values, drawn flatter where they lie close together, changes from the last of them until a given time.</summary>
    public double Change(int length, double time)
    {
        int n = Math.Min(length, _count);
        if (n < 2)
        {
            return 0;
        }

        double meanTime = 0;
        double mean = 0;
        for (int i = 0; i < n; i++)
        {
            meanTime += (_lastTimes[i] - _lastTimes[0]) / n;
            mean += _lastValues[i] / n;
        }

        double products = 0;
        double squares = Flattening * _usualGap * _usualGap;
        for (int i = 0; i < n; i++)
        {
            double distance = _lastTimes[i] - _lastTimes[0] - meanTime;
            products += distance * (_lastValues[i] - mean);
            squares += distance * distance;
        }

        return Limit(products / squares * (time - _lastTimes[0]));
    }

    /// <summary>The value at a time of the past, between those around it; 0 where none before is remembered.</summary>
    public double At(double time)
    {
        int found = Array.BinarySearch(_times, _first, _last + 1 - _first, time);
        int before = found >= 0 ? found : ~found - 1;
        while (before >= _first && !double.IsFinite(_values[(before * _variables) + _variable]))
        {
            before--;
        }

        int after = found >= 0 ? found : ~found;
        while (after <= _last && !double.IsFinite(_values[(after * _variables) + _variable]))
        {
            after++;
        }

        if (before < _first)
        {
            return after <= _last && IsAt(_times[after] - time, _usualGap) ? Distance(after) : 0;
        }

        if (after > _last || after == before)
        {
            return Distance(before);
        }

        double place = (time - _times[before]) / (_times[after] - _times[before]);
        return ((1 - place) * Distance(before)) + (place * Distance(after));
    }

    // Whether a time so long before an observation, such as a period before another one, is taken for that of the observation.
    private static bool IsAt(double before, double usualGap) => before <= Durations.Tolerance * usualGap;

    private double Distance(int index) => Limit((_values[(index * _variables) + _variable] - _start) / _unit);

    private static double Limit(double distance) => Math.Clamp(distance, -LargestDistance, LargestDistance);
}
