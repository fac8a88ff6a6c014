using Microsoft.ML.Implicit.Data;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Describes observations to an encoder, one after the other, from what was seen up to each of them.</summary>
internal sealed class HistoryFeatures
{
    /// <summary>Numbers that describe one variable, its level first.</summary>
    public const int FeaturesOfVariable = 4;

    private readonly SeriesScaling _scaling;
    private readonly float[] _statics;
    private readonly StepFunction[] _covariates;
    private readonly double[] _lastTimes;
    private readonly double[] _previousValues;
    private readonly RunningLevel?[] _levels;

    public HistoryFeatures(SeriesScaling scaling, float[] statics, StepFunction[] covariates)
    {
        _scaling = scaling;
        _statics = statics;
        _covariates = covariates;
        _lastTimes = new double[scaling.Variables.Length];
        Array.Fill(_lastTimes, double.NaN);
        _previousValues = [.. _lastTimes];
        _levels = [.. scaling.Variables.Select(variable => variable.LevelMemory is { } memory ? new RunningLevel(memory) : null)];
        LastValues = [.. scaling.Variables.Select(variable => variable.Center)];
    }

    /// <summary>Last observed value of each variable, seasonally adjusted; the mean of training where there is none.</summary>
    public double[] LastValues { get; }

    /// <summary>Value of each variable that forecasts start from, as <see cref="SeriesScaling.Start"/> has it.</summary>
    public void CopyStarts(Span<double> starts)
    {
        for (int v = 0; v < LastValues.Length; v++)
        {
            starts[v] = _scaling.Start(v, LastValues[v], _previousValues[v]);
        }
    }

    /// <summary>Last observed value of each variable and the one before, as <see cref="SeriesScaling.Doubt(int, double, double, double)"/> takes them.</summary>
    public void CopyLastSteps(Span<(double Last, double Previous)> steps)
    {
        for (int v = 0; v < LastValues.Length; v++)
        {
            steps[v] = (LastValues[v], _previousValues[v]);
        }
    }

    /// <summary>What features say of a variable's level, in its deviations.</summary>
    public static float Level(ReadOnlySpan<float> features, int variable) => features[FeaturesOfVariable * variable];

    public double FirstTime { get; private set; } = double.NaN;

    public double LastTime { get; private set; } = double.NaN;

    public bool HasObserved(int variable) => !double.IsNaN(_lastTimes[variable]);

    /// <summary>Takes in the next observation.</summary>
    /// <param name="time">Its time, not before the last one.</param>
    /// <param name="values">One value a variable, NaN where not observed.</param>
    /// <param name="features">Receives <see cref="SeriesScaling.FeatureCount"/> numbers.</param>
    public void Advance(double time, ReadOnlySpan<float> values, Span<float> features)
    {
        bool isFirst = double.IsNaN(FirstTime);
        FirstTime = isFirst ? time : FirstTime;
        double previous = isFirst ? time : LastTime;
        int next = 0;
        for (int v = 0; v < values.Length; v++)
        {
            VariableScale scale = _scaling.Variables[v];
            bool isObserved = float.IsFinite(values[v]);
            bool wasObserved = !double.IsNaN(_lastTimes[v]);
            double value = isObserved ? _scaling.Adjust(v, time, values[v]) : LastValues[v];
            features[next++] = _scaling.Level((Level(v, time, value, isObserved) - scale.LevelCenter) / scale.LevelScale);
            features[next++] = isObserved && wasObserved ? SeriesScaling.Clip((value - LastValues[v]) / scale.StepScale) : 0;
            features[next++] = isObserved ? 1 : 0;
            features[next++] = wasObserved ? _scaling.Gap(time - _lastTimes[v]) : 0;
            _previousValues[v] = isObserved && wasObserved ? LastValues[v] : _previousValues[v];
            LastValues[v] = value;
            _lastTimes[v] = isObserved ? time : _lastTimes[v];
        }

        features[next++] = _scaling.Gap(time - previous);
        features[next++] = (float)(1 - Math.Exp((FirstTime - time) / _scaling.Horizon));
        next += _scaling.WriteSeasons(time, features[next..]);
        foreach (StepFunction covariate in _covariates)
        {
            features[next++] = (float)covariate.Mean(previous, time);
            features[next++] = (float)covariate.At(time);
        }

        _statics.CopyTo(features[next..]);
        LastTime = time;
    }

    // The value, or where levels are told from the running mean its distance from that; 0 before the first value.
    private double Level(int variable, double time, double value, bool isObserved)
    {
        if (_levels[variable] is not { } level)
        {
            return value;
        }

        if (isObserved)
        {
            level.Add(time, value);
        }

        return value - (level.Mean ?? value);
    }

    /// <summary>Takes over what another one has seen of the same series.</summary>
    public void CopyFrom(HistoryFeatures other) => Restore(other.ToNumbers());

    public void Write(BinaryWriter writer) => BinaryArrays.Write(writer, ToNumbers());

    /// <exception cref="FormatException">The number of variables differs, or a number is beyond all measurements.</exception>
    public void Read(BinaryReader reader)
    {
        int levels = 2 + (2 * _lastTimes.Length);
        int previous = levels + (3 * _levels.Count(level => level is not null));
        double[] numbers = BinaryArrays.ReadDoubles(reader);
        if (numbers.Length == previous)
        {
            // Earlier versions did not keep the values before the last ones.
            numbers = [.. numbers, .. Enumerable.Repeat(double.NaN, _previousValues.Length)];
        }

        if (numbers.Length != previous + _previousValues.Length)
        {
            throw new FormatException($"The file holds an array of {numbers.Length} numbers where {previous + _previousValues.Length} belong.");
        }

        // What was never observed has no time, and what was not observed twice no previous value.
        bool MayLack(int index) => index < 2 + _lastTimes.Length || index >= previous || (index >= levels && (index - levels) % 3 == 0);
        if (numbers.Where((number, i) => !Measurements.IsMeasurement(number) && !(double.IsNaN(number) && MayLack(i))).Any())
        {
            throw new FormatException("The file holds a number beyond all measurements.");
        }

        Restore(numbers);
    }

    private double[] ToNumbers() => [FirstTime, LastTime, .. _lastTimes, .. LastValues, .. _levels.OfType<RunningLevel>().SelectMany(level => level.ToNumbers()), .. _previousValues];

    private void Restore(double[] numbers)
    {
        FirstTime = numbers[0];
        LastTime = numbers[1];
        Array.Copy(numbers, 2, _lastTimes, 0, _lastTimes.Length);
        Array.Copy(numbers, 2 + _lastTimes.Length, LastValues, 0, _lastTimes.Length);
        int next = 2 + (2 * _lastTimes.Length);
        foreach (RunningLevel level in _levels.OfType<RunningLevel>())
        {
            level.Restore(numbers.AsSpan(next, 3));
            next += 3;
        }

        Array.Copy(numbers, next, _previousValues, 0, _previousValues.Length);
    }
}
