using Microsoft.ML.Implicit.Data;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>What a stateful forecaster remembers of a series: the encoders' states, and the most recent observations.</summary>
internal sealed class ForecastState
{
    private readonly List<double> _times = [];
    private readonly List<float[]> _values = [];
    private readonly int _longest;

    public ForecastState(LatentOdeModelParameters model, float[] statics)
    {
        _longest = model.Architecture.ContextLength;
        Statics = statics;
        Covariates = [.. model.Scaling.CovariateCenters.Select(_ => new StepFunction([], [], 0, 1))];
        History = new HistoryFeatures(model.Scaling, model.Scaling.ScaleStatics(statics), Covariates);
        LastFeatures = new float[model.Scaling.FeatureCount];
        EncoderStates = [.. model.Networks.Select(network => new float[network.Encoder.StateWidth])];
    }

    public float[] Statics { get; }

    public StepFunction[] Covariates { get; }

    public double[] CovariateTimes { get; private set; } = [];

    public float[][] CovariateValues { get; private set; } = [];

    public HistoryFeatures History { get; }

    public float[] LastFeatures { get; }

    /// <summary>One state a network.</summary>
    public float[][] EncoderStates { get; }

    public int Count => _times.Count;

    /// <summary>Number of observations from the first on, remembered or not.</summary>
    public long ObservationCount { get; private set; }

    /// <summary>Takes in an observation.</summary>
    /// <returns>Time since the one before.</returns>
    public double Advance(double time, float[] values)
    {
        double gap = ObservationCount == 0 ? 0 : time - History.LastTime;
        History.Advance(time, values, LastFeatures);
        _times.Add(time);
        _values.Add(values);
        ObservationCount++;
        if (_times.Count > _longest)
        {
            _times.RemoveAt(0);
            _values.RemoveAt(0);
        }

        return gap;
    }

    public void SetCovariates(SeriesScaling scaling, double[] times, float[][] values)
    {
        (CovariateTimes, CovariateValues) = SeriesOrder.Normalize(times, values, new SeriesIssues());
        for (int i = 0; i < Covariates.Length; i++)
        {
            Covariates[i] = new StepFunction(CovariateTimes, CovariateValues[i], scaling.CovariateCenters[i], scaling.CovariateScales[i]);
        }
    }

    /// <summary>The first remembered observations as a series.</summary>
    public TimeSeries ToSeries(int count) => new(
        [.. _times.Take(count)],
        [.. Enumerable.Range(0, History.LastValues.Length).Select(v => _values.Take(count).Select(values => values[v]).ToArray())],
        Statics,
        CovariateTimes,
        CovariateValues.Length == 0 ? [.. Covariates.Select(_ => Array.Empty<float>())] : CovariateValues);

    public void Write(BinaryWriter writer)
    {
        BinaryArrays.Write(writer, [.. Statics.Select(value => (double)value)]);
        BinaryArrays.Write(writer, CovariateTimes);
        foreach (float[] values in CovariateValues)
        {
            BinaryArrays.Write(writer, [.. values.Select(value => (double)value)]);
        }

        History.Write(writer);
        foreach (float[] numbers in (float[][])[LastFeatures, .. EncoderStates])
        {
            BinaryArrays.Write(writer, [.. numbers.Select(value => (double)value)]);
        }

        writer.Write(ObservationCount);
        BinaryArrays.Write(writer, [.. _times]);
        foreach (float[] values in _values)
        {
            BinaryArrays.Write(writer, [.. values.Select(value => (double)value)]);
        }
    }

    /// <exception cref="FormatException">A length does not fit the model.</exception>
    public static ForecastState Read(BinaryReader reader, LatentOdeModelParameters model)
    {
        float[] Floats(int length) => [.. BinaryArrays.ReadDoubles(reader, length).Select(value => (float)value)];
        var state = new ForecastState(model, Floats(model.Scaling.StaticCenters.Length));
        double[] covariateTimes = BinaryArrays.ReadDoubles(reader);
        if (covariateTimes.Length > 0)
        {
            state.SetCovariates(model.Scaling, covariateTimes, [.. state.Covariates.Select(_ => Floats(covariateTimes.Length))]);
        }

        state.History.Read(reader);
        foreach (float[] numbers in (float[][])[state.LastFeatures, .. state.EncoderStates])
        {
            Floats(numbers.Length).CopyTo(numbers, 0);
        }

        state.ObservationCount = reader.ReadInt64();
        state._times.AddRange(BinaryArrays.ReadDoubles(reader));
        for (int i = 0; i < state._times.Count; i++)
        {
            state._values.Add(Floats(model.Scaling.Variables.Length));
        }

        return state;
    }
}
