using Microsoft.ML.Implicit.Data;
using Microsoft.ML.Implicit.Numerics;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>A series in the units of a network. Everything at an observation depends on earlier ones alone, so each prefix is a history.</summary>
internal sealed class EncodedSeries
{
    // What encoding an observation costs, in multiplications.
    private const long WorkOfObservation = 1 << 12;

    /// <param name="series">The series.</param>
    /// <param name="scaling">Units.</param>
    /// <param name="earlier">What was seen of it before, or <see langword="null"/> where it is whole.</param>
    public EncodedSeries(TimeSeries series, SeriesScaling scaling, HistoryFeatures? earlier = null)
        : this(
            series.Times,
            (v, i) => series.Values[v][i],
            scaling.ScaleStatics(series.Statics, series.StaticCategories),
            scaling.ScaleCovariates(series.CovariateTimes, series.Covariates, series.CovariateCategories),
            scaling,
            earlier) => Weight = series.Weight;

    private EncodedSeries(double[] times, Func<int, int, float> value, float[] statics, StepFunction[] covariates, SeriesScaling scaling, HistoryFeatures? earlier = null)
    {
        Times = times;
        int variables = scaling.Variables.Length;
        Statics = statics;
        Covariates = covariates;
        Features = new float[times.Length * scaling.FeatureCount];
        Starts = new double[times.Length * variables];
        LastSteps = new (double, double)[times.Length * variables];
        Values = new double[times.Length * variables];
        var history = new HistoryFeatures(scaling, Statics, Covariates);
        if (earlier is not null)
        {
            history.CopyFrom(earlier);
        }

        float[] row = new float[variables];
        for (int i = 0; i < times.Length; i++)
        {
            for (int v = 0; v < variables; v++)
            {
                row[v] = value(v, i);
                Values[(i * variables) + v] = scaling.Adjust(v, Times[i], row[v]);
            }

            history.Advance(Times[i], row, Features.AsSpan(i * scaling.FeatureCount, scaling.FeatureCount));
            history.CopyStarts(Starts.AsSpan(i * variables));
            history.CopyLastSteps(LastSteps.AsSpan(i * variables));
        }

        (PastTimes, PastValues) = (Times, Values);
    }

    /// <summary>The last observation alone, as a state remembers it.</summary>
    public EncodedSeries(ForecastState state)
    {
        Times = [state.History.LastTime];
        Statics = state.Statics;
        Covariates = state.Covariates;
        Features = state.LastFeatures;
        Values = state.History.LastValues;
        Starts = new double[Values.Length];
        LastSteps = new (double, double)[Values.Length];
        state.History.CopyStarts(Starts);
        state.History.CopyLastSteps(LastSteps);
        (PastTimes, PastValues) = state.Past;
    }

    /// <summary>Many series, one after the other on each thread.</summary>
    public static EncodedSeries[] OfAll(IReadOnlyList<TimeSeries> series, SeriesScaling scaling)
    {
        var encoded = new EncodedSeries[series.Count];
        new TileLoop(encoded.Length, get_num_threads(), encoded.Length == 0 ? 0 : series.Max(s => s.Count) * WorkOfObservation).Run((_, row) => encoded[row] = new EncodedSeries(series[row], scaling));
        return encoded;
    }

    /// <summary>The series with its first observations, seasonally adjusted as they are, longer ago.</summary>
    /// <param name="count">How many observations are moved.</param>
    /// <param name="gap">By how much.</param>
    /// <param name="scaling">Units.</param>
    public EncodedSeries Interrupt(int count, double gap, SeriesScaling scaling)
    {
        double[] times = [.. Times.Select((time, i) => i < count ? time - gap : time)];
        int variables = scaling.Variables.Length;
        return new EncodedSeries(times, (v, i) => (float)(Values[(i * variables) + v] + scaling.Seasonal(v, times[i])), Statics, Covariates, scaling);
    }

    public double[] Times { get; }

    public int Count => Times.Length;

    /// <summary>What the series counts in training, 1 on average.</summary>
    public float Weight { get; } = 1;

    public float[] Statics { get; }

    public StepFunction[] Covariates { get; }

    /// <summary>[observations, features].</summary>
    public float[] Features { get; }

    /// <summary>Seasonally adjusted values, NaN where not observed: [observations, variables].</summary>
    public double[] Values { get; }

    /// <summary>Times of what is remembered before the first observation, and of the observations.</summary>
    public double[] PastTimes { get; }

    /// <summary>Seasonally adjusted values at these times, NaN where not observed: [times, variables].</summary>
    public double[] PastValues { get; }

    /// <summary>Seasonally adjusted values that forecasts from each observation start from: [observations, variables].</summary>
    public double[] Starts { get; }

    /// <summary>Seasonally adjusted last value at each observation and the one before it: [observations, variables].</summary>
    public (double Last, double Previous)[] LastSteps { get; }
}
