namespace Microsoft.ML.Implicit.Estimators;

/// <content>How a state is written to a check point and read from it.</content>
internal sealed partial class ForecastState
{
    public void Write(BinaryWriter writer)
    {
        WriteAlone(writer);
        foreach (ForecastState? history in _silent)
        {
            writer.Write(history is not null);
            history?.WriteAlone(writer);
        }
    }

    /// <exception cref="FormatException">A length does not fit the model, or a number is one that no engine gives.</exception>
    public static ForecastState Read(BinaryReader reader, ForecastModelParameters model)
    {
        ForecastState state = ReadAlone(reader, model);
        for (int v = 0; v < state._silent.Length; v++)
        {
            state._silent[v] = reader.ReadBoolean() ? ReadAlone(reader, model) : null;
        }

        return state;
    }

    /// <summary>
    /// Reads what version 0.1.0 wrote, and takes in again the observations that it remembers: it did not keep the state before the last of them.
    /// </summary>
    /// <exception cref="FormatException">A length does not fit the model, or a number is one that no engine gives.</exception>
    public static ForecastState ReadFirstVersion(BinaryReader reader, ForecastModelParameters model)
    {
        var state = new ForecastState(model);
        state.ReadGiven(reader);
        state.History.Read(reader);
        foreach (float[] numbers in (float[][])[state.LastFeatures, .. state.EncoderStates])
        {
            ReadFloats(reader, numbers.Length);
        }

        long count = reader.ReadInt64();
        var remembered = new ForecastState(model);
        remembered.ReadObservations(reader);
        state.History.CopyFrom(state.BeforeWindow);
        foreach ((double time, float[] values) in remembered._times.Zip(remembered._values))
        {
            model.Advance(state, time, values);
        }

        state.ObservationCount = Math.Max(count, state.Count);
        state.CheckState();
        return state;
    }

    private void WriteAlone(BinaryWriter writer)
    {
        Write(writer, Statics);
        Array.ForEach(StaticCategories, writer.Write);
        BinaryArrays.Write(writer, CovariateTimes);
        if (CovariateTimes.Length > 0)
        {
            Array.ForEach(CovariateValues, values => Write(writer, values));
            Array.ForEach(CovariateCategories, categories => Array.ForEach(categories, writer.Write));
        }

        foreach (HistoryFeatures history in (HistoryFeatures[])[History, _beforeLast, BeforeWindow])
        {
            history.Write(writer);
        }

        foreach (float[] numbers in (float[][])[LastFeatures, .. EncoderStates, .. _encodersBeforeLast])
        {
            Write(writer, numbers);
        }

        writer.Write(End);
        writer.Write(ObservationCount);
        BinaryArrays.Write(writer, [.. _last.SelectMany(mean => mean.ToNumbers())]);
        BinaryArrays.Write(writer, [.. _times]);
        _values.ForEach(values => Write(writer, values));
    }

    private static ForecastState ReadAlone(BinaryReader reader, ForecastModelParameters model)
    {
        var state = new ForecastState(model);
        state.ReadGiven(reader);
        foreach (HistoryFeatures history in (HistoryFeatures[])[state.History, state._beforeLast, state.BeforeWindow])
        {
            history.Read(reader);
        }

        foreach (float[] numbers in (float[][])[state.LastFeatures, .. state.EncoderStates, .. state._encodersBeforeLast])
        {
            ReadFloats(reader, numbers.Length).CopyTo(numbers, 0);
        }

        state.End = reader.ReadDouble();
        state.ObservationCount = reader.ReadInt64();
        double[] last = BinaryArrays.ReadDoubles(reader, 2 * state._last.Length);
        for (int v = 0; v < state._last.Length; v++)
        {
            state._last[v].Restore(last.AsSpan(2 * v, 2));
        }

        state.ReadObservations(reader);
        state.CheckState();
        return Array.TrueForAll(last, double.IsFinite) ? state : throw Impossible();
    }

    private void ReadGiven(BinaryReader reader)
    {
        SetStatics(ReadFloats(reader, Statics.Length), Array.ConvertAll(StaticCategories, _ => reader.ReadString()));
        double[] covariateTimes = BinaryArrays.ReadDoubles(reader);
        if (covariateTimes.Length > 0)
        {
            SetCovariates(
                covariateTimes,
                Array.ConvertAll(CovariateValues, _ => ReadFloats(reader, covariateTimes.Length)),
                Array.ConvertAll(CovariateCategories, _ => Array.ConvertAll(covariateTimes, _ => reader.ReadString())));
        }
    }

    private void ReadObservations(BinaryReader reader)
    {
        _times.AddRange(BinaryArrays.ReadDoubles(reader));
        for (int i = 0; i < Count; i++)
        {
            _values.Add(ReadFloats(reader, _last.Length));
        }
    }

    private void CheckState()
    {
        bool isPossible = Count > 0 && Count <= _longest && ObservationCount >= Count
            && _times.TrueForAll(double.IsFinite) && _times.Zip(_times.Skip(1)).All(pair => pair.First < pair.Second)
            && History.LastTime == _times[^1] && double.IsFinite(End) && End >= History.LastTime
            && !_values.Exists(values => Array.Exists(values, float.IsInfinity))
            && Array.TrueForAll((float[][])[LastFeatures, .. EncoderStates, .. _encodersBeforeLast], numbers => Array.TrueForAll(numbers, float.IsFinite));
        if (!isPossible)
        {
            throw Impossible();
        }
    }

    private static FormatException Impossible() => new("The file holds a state that no engine of this model comes to.");

    private static float[] ReadFloats(BinaryReader reader, int length) => [.. BinaryArrays.ReadDoubles(reader, length).Select(value => (float)value)];

    private static void Write(BinaryWriter writer, float[] values) => BinaryArrays.Write(writer, [.. values.Select(value => (double)value)]);
}
