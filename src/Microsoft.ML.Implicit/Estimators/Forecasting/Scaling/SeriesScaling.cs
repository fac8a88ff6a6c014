using Microsoft.ML.Implicit.Data;
using Microsoft.ML.Implicit.Numerics;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Units of time, variables, static values and covariates, learned from the training series.</summary>
internal sealed partial record SeriesScaling(
    double MedianGap,
    double LongestGap,
    double Horizon,
    double[] Periods,
    VariableScale[] Variables,
    double[] StaticCenters,
    double[] StaticScales,
    double[] CovariateCenters,
    double[] CovariateScales)
{
    private const int MaximumPairsPerSeries = 4000;
    private const int HarmonicsShown = 2;
    private const double ClipScale = 5;
    private const double LevelMemoryInHorizons = 3;

    // So many series, and more, show where the values of others may lie.
    private const int FewestSeriesWithoutDrift = 20;

    private const double UsualShare = 0.95;
    private const double ForeignLevelShare = 0.05;
    private const double LongestUsualStep = 3;
    private const double UnremarkableGaps = 4;

    // What learning a variable's scale costs for each observation, in multiplications.
    private const long WorkOfObservation = 1 << 8;

    /// <summary>
    /// Whether a network's path stays where it is from the end of the horizon on: nothing held its dynamics beyond it, and in a hundred horizons they lead anywhere. Files of earlier versions
    /// go on.
    /// </summary>
    public bool StaysBeyondHorizon { get; init; } = true;

    /// <summary>Numbers that describe one observation to an encoder.</summary>
    public int FeatureCount => (HistoryFeatures.FeaturesOfVariable * Variables.Length) + 2 + SeasonFeatureCount + (2 * CovariateCount) + StaticCount;

    /// <summary>Numbers that describe a time to the decoder.</summary>
    public int TargetFeatureCount => 2 + SeasonFeatureCount + CovariateCount;

    /// <summary>Numbers that <see cref="WriteSeasons"/> writes.</summary>
    public int SeasonFeatureCount => 2 * HarmonicsShown * Periods.Length;

    public static SeriesScaling Fit(IReadOnlyList<TimeSeries> series, double? horizon, double[] periods)
    {
        TimeSeries first = series[0];
        double[] gaps = [.. series.SelectMany(s => s.Times.Skip(1).Zip(s.Times, (next, time) => next - time)).Order()];
        double medianGap = gaps.Length == 0 ? 1 : gaps[gaps.Length / 2];
        double span = series.Max(s => s.Times[^1] - s.Times[0]);
        double longest = horizon ?? (span > 0 ? span : 1);

        var variables = new VariableScale[first.Values.Length];
        new TileLoop(variables.Length, get_num_threads(), gaps.Length * WorkOfObservation).Run((_, v) => variables[v] = FitVariable(series, v, longest, periods));

        (double[] staticCenters, double[] staticScales) = Moments(first.Statics.Length, i => series.Select(s => s.Statics[i]));
        (double[] covariateCenters, double[] covariateScales) = Moments(first.Covariates.Length, i => series.SelectMany(s => s.Covariates[i]));
        double longestGap = (1 + Durations.Tolerance) * Math.Max(UnremarkableGaps * medianGap, gaps.LastOrDefault());
        return new SeriesScaling(medianGap, longestGap, longest, periods, variables, staticCenters, staticScales, covariateCenters, covariateScales);
    }

    /// <summary>The time until which a network's path is followed: the one asked for, or the end of the horizon.</summary>
    /// <param name="time">The time asked for.</param>
    /// <param name="last">Time of the last observation before it.</param>
    public double Learned(double time, double last) => StaysBeyondHorizon ? Math.Min(time, last + Horizon) : time;

    /// <summary>A value less its seasonal component.</summary>
    public double Adjust(int variable, double time, double value) => value - Seasonal(variable, time);

    /// <summary>
    /// The value that a forecast starts from: the last one, or the end of the range in which an encoder can tell values apart, since a single
    /// outlier would be in every forecast after it. A value next to one that lies beyond the range too is no single outlier.
    /// </summary>
    /// <param name="variable">The variable.</param>
    /// <param name="lastValue">Its last value.</param>
    /// <param name="previousValue">The one before, NaN where there is none.</param>
    public double Start(int variable, double lastValue, double previousValue)
    {
        (double lowest, double highest) = Range(variable);
        double step = ClipScale * Variables[variable].StepScale;
        return Math.Clamp(lastValue, previousValue < lowest ? previousValue - step : lowest, previousValue > highest ? previousValue + step : highest);
    }

    /// <summary>The least half-width of an interval: a part of the distance by which a start lies beyond the range that changes were learned in.</summary>
    public double LeastHalfWidth(int variable, double start)
    {
        (double lowest, double highest) = Range(variable);
        return ForeignLevelShare * Math.Abs(start - Math.Clamp(start, lowest, highest));
    }

    /// <summary>
    /// How far from its forecast a series may be since its last value is in doubt. After a step longer than nearly all either value may be an error, so
    /// that the series is at the other one; and a value beyond the range that forecasts start from may be true.
    /// </summary>
    /// <param name="variable">The variable.</param>
    /// <param name="forecast">The forecast.</param>
    /// <param name="lastValue">Its last value.</param>
    /// <param name="previousValue">The one before, NaN where there is none.</param>
    public double Doubt(int variable, double forecast, double lastValue, double previousValue)
    {
        bool isLong = Math.Abs(lastValue - previousValue) > LongestUsualStep * Variables[variable].StepScale;
        double ofLast = isLong || Start(variable, lastValue, previousValue) != lastValue ? Math.Abs(forecast - lastValue) : 0;
        return isLong ? Math.Max(ofLast, Math.Abs(forecast - previousValue)) : ofLast;
    }

    /// <summary>Whether there is a gap between observations that is longer than all in training, so that a network has not learned what those before it say.</summary>
    public bool IsInterrupted(ReadOnlySpan<double> times)
    {
        for (int i = 1; i < times.Length; i++)
        {
            if (times[i] - times[i - 1] > LongestGap)
            {
                return true;
            }
        }

        return false;
    }

    private (double Lowest, double Highest) Range(int variable)
    {
        VariableScale scale = Variables[variable];
        double reach = scale.LevelMemory is null ? ClipScale * scale.LevelScale : double.PositiveInfinity;
        return (scale.LevelCenter - reach, scale.LevelCenter + reach);
    }

    /// <summary>
    /// Number of first observations from which a variable is forecast. One that has been silent for longer than was usual in training is
    /// forecast from its own last value on: a network has not learned what later observations of others say about it, least of all that
    /// time has passed.
    /// </summary>
    public int HistoryCount(TimeSeries series, int variable)
    {
        int last = Array.FindLastIndex(series.Values[variable], float.IsFinite);
        return last >= 0 && Variables[variable].IsSilent(series.Times[^1] - series.Times[last]) ? last + 1 : series.Count;
    }

    public double Seasonal(int variable, double time) => SeasonalComponent.Sum(Periods, Variables[variable].Seasonal, time);

    /// <summary>Time since something, on a scale that tells short gaps apart and keeps long ones small.</summary>
    public float Gap(double duration) => (float)Math.Log(1 + (Math.Max(duration, 0) / MedianGap));

    public static float Clip(double value) => (float)(value / Math.Sqrt(1 + ((value / ClipScale) * (value / ClipScale))));

    /// <summary>Writes the sines and cosines of the seasons.</summary>
    /// <returns>How many were written.</returns>
    public int WriteSeasons(double time, Span<float> target)
    {
        int next = 0;
        foreach (double period in Periods)
        {
            double phase = 2 * Math.PI * (time / period - Math.Floor(time / period));
            for (int k = 1; k <= HarmonicsShown; k++)
            {
                (double sine, double cosine) = Math.SinCos(k * phase);
                target[next++] = (float)sine;
                target[next++] = (float)cosine;
            }
        }

        return next;
    }

    private static VariableScale FitVariable(IReadOnlyList<TimeSeries> series, int variable, double horizon, double[] periods)
    {
        (double[] Times, double[] Values)[] observed = [.. series.Select(s => Observed(s, variable))];
        double[] seasonal = SeasonalComponent.Fit(periods, observed.SelectMany(s => Pairs(s.Times, s.Values, 1, double.PositiveInfinity)));
        foreach ((double[] times, double[] values) in observed)
        {
            for (int i = 0; i < values.Length; i++)
            {
                values[i] -= SeasonalComponent.Sum(periods, seasonal, times[i]);
            }
        }

        (double center, double scale) = Moments(observed.SelectMany(s => s.Values));
        double? memory = series.Count < FewestSeriesWithoutDrift && Drifts(observed) ? LevelMemoryInHorizons * horizon : null;
        (double levelCenter, double levelScale) = memory is { } time ? Moments(observed.SelectMany(s => Levels(s.Times, s.Values, time))) : (center, scale);
        double step = RootMeanSquare(observed.SelectMany(s => Pairs(s.Times, s.Values, 1, double.PositiveInfinity)));
        double change = RootMeanSquare(observed.SelectMany(s => Pairs(s.Times, s.Values, s.Times.Length, horizon)));
        change = change > 0 ? change : scale;
        double[] silences = [.. series.SelectMany(s => Silences(s.Times, s.Values[variable])).Order()];
        double silence = silences.Length == 0 ? 0 : silences[(int)Math.Ceiling(UsualShare * silences.Length) - 1];
        return new VariableScale(center, memory, levelCenter, levelScale, step > 0 ? step : change, change, silence, seasonal);
    }

    // Time since the last value, at each observation from the first value on.
    private static IEnumerable<double> Silences(double[] times, float[] values)
    {
        int last = -1;
        for (int i = 0; i < times.Length; i++)
        {
            last = float.IsFinite(values[i]) ? i : last;
            if (last >= 0)
            {
                yield return times[i] - times[last];
            }
        }
    }

    private static (double[] Times, double[] Values) Observed(TimeSeries series, int variable)
    {
        int[] indices = [.. Enumerable.Range(0, series.Count).Where(i => float.IsFinite(series.Values[variable][i]))];
        return ([.. indices.Select(i => series.Times[i])], [.. indices.Select(i => (double)series.Values[variable][i])]);
    }

    // Few series are forecast from their own past. If most of their later values lie beyond all earlier ones, those to come will be
    // ones that training never saw, and what was learned about values says nothing: their distance from the recent mean does.
    private static bool Drifts((double[] Times, double[] Values)[] observed)
    {
        int beyond = 0;
        int count = 0;
        foreach ((_, double[] values) in observed.Where(s => s.Values.Length > 1))
        {
            int split = values.Length - Math.Max(1, values.Length / 5);
            (double lowest, double highest) = (values[..split].Min(), values[..split].Max());
            beyond += values[split..].Count(value => value < lowest || value > highest);
            count += values.Length - split;
        }

        return 2 * beyond > count;
    }

    private static IEnumerable<double> Levels(double[] times, double[] values, double memory)
    {
        var level = new RunningLevel(memory);
        for (int i = 0; i < times.Length; i++)
        {
            level.Add(times[i], values[i]);
            yield return values[i] - level.Mean!.Value;
        }
    }

    // Changes over up to the given number of observations and the given duration, thinned out in long series.
    private static IEnumerable<(double Start, double End, double Change)> Pairs(double[] times, double[] values, int reach, double duration)
    {
        int stride = Math.Max(1, times.Length * Math.Min(reach, 64) / MaximumPairsPerSeries);
        for (int i = 0; i < times.Length; i += reach == 1 ? 1 : stride)
        {
            int last = Math.Min(times.Length - 1, i + reach);
            int skip = Math.Max(1, (last - i) / 64);
            for (int j = i + 1; j <= last && Durations.IsWithin(times[j] - times[i], duration); j += skip)
            {
                yield return (times[i], times[j], values[j] - values[i]);
            }
        }
    }

    private static double RootMeanSquare(IEnumerable<(double Start, double End, double Change)> pairs) =>
        Math.Sqrt(pairs.Select(pair => pair.Change * pair.Change).DefaultIfEmpty(0).Average());

    private static (double[] Centers, double[] Scales) Moments(int count, Func<int, IEnumerable<float>> values)
    {
        double[] centers = new double[count];
        double[] scales = new double[count];
        for (int i = 0; i < count; i++)
        {
            (centers[i], scales[i]) = Moments(values(i).Where(float.IsFinite).Select(value => (double)value));
        }

        return (centers, scales);
    }

    private static (double Center, double Scale) Moments(IEnumerable<double> values)
    {
        double[] all = [.. values];
        double mean = all.DefaultIfEmpty(0).Average();
        double deviation = Math.Sqrt(all.Select(value => (value - mean) * (value - mean)).DefaultIfEmpty(0).Average());
        return (mean, deviation > 1e-12 * Math.Abs(mean) && deviation > 0 ? deviation : 1);
    }
}
