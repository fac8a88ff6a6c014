using Microsoft.ML.Implicit.Data;
using Microsoft.ML.Implicit.Onnx;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>The <see cref="RecentValues"/> of a variable within an ONNX file, where numbers are float64.</summary>
internal sealed class OnnxRecentValues
{
    private readonly OnnxGraph _graph;
    private readonly double _usualGap;
    private readonly OnnxValue _times;
    private readonly OnnxValue _isObserved;
    private readonly OnnxValue _distances;
    private readonly OnnxValue _ranks;
    private readonly OnnxValue _count;
    private readonly OnnxValue _lastTime;

    /// <param name="scaling">Units.</param>
    /// <param name="variable">The variable.</param>
    /// <param name="times">[rows, length]; NaN for what is not there.</param>
    /// <param name="values">[rows, length]; not finite where not observed.</param>
    /// <param name="start">The value that forecasts start from, [rows, 1].</param>
    /// <param name="length">Observations of a row.</param>
    public OnnxRecentValues(SeriesScaling scaling, int variable, OnnxValue times, OnnxValue values, OnnxValue start, int length)
    {
        (_graph, _usualGap) = (times.Graph, scaling.MedianGap);
        _isObserved = times.IsFinite() & values.IsFinite();
        _times = _isObserved.Where(times, 0);
        OnnxValue adjusted = values - scaling.Seasonal(_times, variable);
        _distances = _isObserved.Where(Limit((adjusted - start) / scaling.Variables[variable].ChangeScale), 0);
        double[] isLater = [.. Enumerable.Range(0, length * length).Select(i => i / length > i % length ? 1.0 : 0.0)];
        OnnxValue observed = _isObserved.To(OnnxType.Double);
        _ranks = _isObserved.Where(observed.MatrixProduct(_graph.Constant(isLater, OnnxType.Double, length, length)), -2);
        _count = observed.Sum(1);
        _lastTime = (IsRanked(_ranks * 0) * _times).Sum(1);
    }

    /// <summary>Mean of the last values, [rows, 1].</summary>
    public OnnxValue Mean => Average(Last(HistoryRegressors.MeanLength), _distances);

    /// <summary>A value, the latest first, [rows, 1]; what there is none of repeats the one after it.</summary>
    public OnnxValue Lag(int lag) => (IsRanked((_count - 1).Minimum(_graph.Number(lag, OnnxType.Double))) * _distances).Sum(1);

    /// <summary>By how much a line through the last values changes from the last of them until times, [rows, times].</summary>
    public OnnxValue Change(int length, OnnxValue times)
    {
        OnnxValue last = Last(length);
        OnnxValue since = _times - _lastTime;
        OnnxValue place = since - Average(last, since);
        OnnxValue products = (last * place * (_distances - Average(last, _distances))).Sum(1);
        OnnxValue squares = (last * place * place).Sum(1) + (RecentValues.Flattening * _usualGap * _usualGap);
        return (_count > 1.5).Where(Limit(products / squares * (times - _lastTime)), times * 0);
    }

    /// <summary>The values at times of the past, [rows, times], between those around them; 0 where there is none before.</summary>
    public OnnxValue At(OnnxValue times)
    {
        OnnxValue observed = _times.Unsqueeze(1), asked = times.Unsqueeze(2), isObserved = _isObserved.Unsqueeze(1);
        OnnxValue before = (isObserved & (observed <= asked)).Where(observed, -double.MaxValue).Largest(2);
        OnnxValue after = (isObserved & (observed >= asked)).Where(observed, double.MaxValue).Smallest(2);
        before = ((before <= -double.MaxValue) & (after - asked <= Durations.Tolerance * _usualGap)).Where(after, before);
        OnnxValue length = after - before;
        OnnxValue place = ((after < double.MaxValue) & (length > 0)).Where((asked - before) / length, 0).Squeeze(2);
        return ((1 - place) * DistanceAt(before)) + (place * DistanceAt(after));

        OnnxValue DistanceAt(OnnxValue time) => (isObserved & observed.EqualTo(time)).Where(_distances.Unsqueeze(1), 0).Sum(2, keep: false);
    }

    private OnnxValue IsRanked(OnnxValue rank) => _ranks.EqualTo(rank).To(OnnxType.Double);

    private OnnxValue Last(int count) => (_isObserved & (_ranks < count)).To(OnnxType.Double);

    private OnnxValue Average(OnnxValue weights, OnnxValue values) => (weights * values).Sum(1) / weights.Sum(1).Maximum(_graph.Number(1, OnnxType.Double));

    private static OnnxValue Limit(OnnxValue distance) => distance.Clamp(-RecentValues.LargestDistance, RecentValues.LargestDistance);
}
