using System.Runtime.InteropServices;
using Microsoft.ML.Implicit.Data;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>
/// What a stateful forecaster remembers of a series: the encoders' states, and the most recent observations. The states before the
/// last observation are kept as well, since others at its time become one with it, and for each variable that falls silent the state at its
/// last value, since it may be forecast from there.
/// </summary>
internal sealed partial class ForecastState
{
    private readonly SeriesScaling _scaling;
    private readonly int _longest;
    private readonly int _contextLength;
    private readonly float[] _scaledStatics;
    private readonly List<double> _times = [];
    private readonly List<float[]> _values = [];
    private readonly HistoryFeatures _beforeLast;
    private readonly float[][] _encodersBeforeLast;
    private readonly CoincidentMean[] _last;
    private readonly ForecastState?[] _silent;

    public ForecastState(ForecastModelParameters model)
        : this(model.Scaling, model.Memory, model.Architecture.Settings.ContextLength, model.Networks.Select(network => network.Encoder.StateWidth))
    {
    }

    private ForecastState(ForecastState source)
        : this(source._scaling, source._longest, source._contextLength, source.EncoderStates.Select(state => (long)state.Length))
    {
        SetStatics(source.Statics, source.StaticCategories);
        source.Covariates.CopyTo(Covariates, 0);
        (CovariateTimes, CovariateValues, CovariateCategories) = (source.CovariateTimes, source.CovariateValues, source.CovariateCategories);
        History.CopyFrom(source.History);
        BeforeWindow.CopyFrom(source.BeforeWindow);
        source.LastFeatures.CopyTo(LastFeatures, 0);
        Copy(source.EncoderStates, EncoderStates);
        _times.AddRange(source._times);
        _values.AddRange(source._values);
        (End, ObservationCount) = (History.LastTime, source.ObservationCount);
    }

    private ForecastState(SeriesScaling scaling, int longest, int contextLength, IEnumerable<long> encoderWidths)
    {
        _scaling = scaling;
        _longest = longest;
        _contextLength = contextLength;
        Statics = new float[_scaling.StaticCenters.Length];
        StaticCategories = [.. _scaling.Categories.Statics.Select(_ => string.Empty)];
        _scaledStatics = new float[_scaling.StaticCount];
        CovariateValues = [.. _scaling.CovariateCenters.Select(_ => Array.Empty<float>())];
        CovariateCategories = [.. _scaling.Categories.Covariates.Select(_ => Array.Empty<string>())];
        Covariates = _scaling.ScaleCovariates([], CovariateValues, CovariateCategories);
        History = new HistoryFeatures(_scaling, _scaledStatics, Covariates);
        _beforeLast = new HistoryFeatures(_scaling, _scaledStatics, Covariates);
        BeforeWindow = new HistoryFeatures(_scaling, _scaledStatics, Covariates);
        LastFeatures = new float[_scaling.FeatureCount];
        EncoderStates = [.. encoderWidths.Select(width => new float[width])];
        _encodersBeforeLast = [.. EncoderStates.Select(state => new float[state.Length])];
        _last = new CoincidentMean[_scaling.Variables.Length];
        _silent = new ForecastState?[_last.Length];
    }

    public float[] Statics { get; }

    public string[] StaticCategories { get; }

    public StepFunction[] Covariates { get; }

    public double[] CovariateTimes { get; private set; } = [];

    public float[][] CovariateValues { get; private set; }

    public string[][] CovariateCategories { get; private set; }

    public HistoryFeatures History { get; }

    /// <summary>What was seen before the first remembered observation.</summary>
    public HistoryFeatures BeforeWindow { get; }

    public float[] LastFeatures { get; }

    /// <summary>One state a network.</summary>
    public float[][] EncoderStates { get; }

    /// <summary>The time up to which the series was followed, observed or not.</summary>
    public double End { get; private set; } = double.NaN;

    /// <summary>Number of times remembered.</summary>
    public int Count => _times.Count;

    /// <summary>Number of observations from the first on, remembered or not, those at one time counted apart.</summary>
    public long ObservationCount { get; private set; }

    /// <summary>This state and those that silent variables are forecast from.</summary>
    public IEnumerable<ForecastState> Histories => _silent.OfType<ForecastState>().Distinct().Prepend(this);

    /// <summary>The state that a variable is forecast from, as <see cref="SeriesScaling.HistoryCount"/> has it.</summary>
    public ForecastState HistoryOf(int variable) =>
        _silent[variable] is { } history && _scaling.Variables[variable].IsSilent(History.LastTime - history.History.LastTime) ? history : this;

    /// <summary>Whether there is a gap, in what an encoder looks at, that is longer than all in training.</summary>
    public bool IsInterrupted => _scaling.IsInterrupted(CollectionsMarshal.AsSpan(_times)[Math.Max(0, Count - _contextLength)..]);

    /// <summary>What is remembered: times, and seasonally adjusted values, [times, variables].</summary>
    public (double[] Times, double[] Values) Past =>
        ([.. _times], [.. _times.SelectMany((time, i) => _values[i].Select((value, v) => _scaling.Adjust(v, time, value)))]);

    public void SetStatics(float[] numbers, string[] categories)
    {
        numbers.CopyTo(Statics, 0);
        categories.CopyTo(StaticCategories, 0);
        _scaling.ScaleStatics(numbers, categories).CopyTo(_scaledStatics, 0);
    }

    /// <summary>Takes in an observation, not before <see cref="End"/>.</summary>
    /// <returns>Time since the one before, with which encoders go on to <see cref="LastFeatures"/>; <see langword="null"/> where nothing was observed.</returns>
    public double? Advance(double time, float[] values)
    {
        End = time;
        if (!Array.Exists(values, float.IsFinite))
        {
            return null;
        }

        if (Count > 0 && time == History.LastTime)
        {
            Forget(Count - 1);
            History.CopyFrom(_beforeLast);
            Copy(_encodersBeforeLast, EncoderStates);
        }
        else
        {
            Array.Clear(_last);
        }

        for (int v = 0; v < values.Length; v++)
        {
            _last[v].Add(values[v]);
        }

        float[] merged = [.. _last.Select(mean => mean.Value)];
        KeepSilent(merged);
        double gap = double.IsNaN(History.LastTime) ? 0 : time - History.LastTime;
        ObservationCount++;
        _times.Add(time);
        _values.Add(merged);
        Describe(Count - 1);
        if (Count > _longest)
        {
            BeforeWindow.Advance(_times[0], _values[0], new float[LastFeatures.Length]);
            Forget(0);
        }

        return gap;
    }

    /// <summary>Sets the covariates, which <see cref="Replay"/> brings to what is remembered.</summary>
    public void SetCovariates(double[] times, float[][] values, string[][] categories)
    {
        var order = new SeriesOrder([.. times], new SeriesIssues());
        CovariateTimes = order.Times;
        CovariateValues = [.. values.Select(array => order.Average([.. array], new SeriesIssues()))];
        CovariateCategories = [.. categories.Select(array => order.SelectFirst(array, string.IsNullOrEmpty))];
        _scaling.ScaleCovariates(CovariateTimes, CovariateValues, CovariateCategories).CopyTo(Covariates, 0);
    }

    /// <summary>Takes in again all that is remembered.</summary>
    /// <returns>One after the other the times since the observation before, as from <see cref="Advance"/>.</returns>
    public IEnumerable<double> Replay()
    {
        History.CopyFrom(BeforeWindow);
        Array.ForEach(EncoderStates, Array.Clear);
        for (int i = 0; i < Count; i++)
        {
            Describe(i);
            yield return i == 0 ? 0 : _times[i] - _times[i - 1];
        }
    }

    /// <summary>The first remembered observations as a series.</summary>
    public TimeSeries ToSeries(int count) => new(
        [.. _times.Take(count)],
        [.. Enumerable.Range(0, History.LastValues.Length).Select(v => _values.Take(count).Select(values => values[v]).ToArray())],
        Statics,
        CovariateTimes,
        CovariateValues)
    {
        StaticCategories = StaticCategories,
        CovariateCategories = CovariateCategories,
    };

    // Keeps the state at the last value of each variable that an observation, not yet taken in, lacks.
    private void KeepSilent(float[] values)
    {
        ForecastState? current = null;
        for (int v = 0; v < values.Length; v++)
        {
            _silent[v] = float.IsFinite(values[v]) || !History.HasObserved(v) ? null : _silent[v] ?? (current ??= new ForecastState(this));
        }
    }

    private void Describe(int index)
    {
        _beforeLast.CopyFrom(History);
        Copy(EncoderStates, _encodersBeforeLast);
        History.Advance(_times[index], _values[index], LastFeatures);
    }

    private void Forget(int index)
    {
        _times.RemoveAt(index);
        _values.RemoveAt(index);
    }

    private static void Copy(float[][] from, float[][] to)
    {
        for (int i = 0; i < from.Length; i++)
        {
            from[i].CopyTo(to[i], 0);
        }
    }
}
