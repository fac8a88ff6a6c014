using Microsoft.ML.Implicit.Onnx;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>What encoders make of series within an ONNX file, for each variable from the history that it is forecast from.</summary>
/// <param name="Start">Values that forecasts start from, float64 [rows, variables].</param>
/// <param name="Last">Last values, float64 [rows, variables].</param>
/// <param name="Previous">The values before the last ones, NaN where there are none, float64 [rows, variables].</param>
/// <param name="LastTime">Time of the last observation of each history, float64 [rows, variables].</param>
/// <param name="End">Last time of the series, observed or not, float64 [rows, 1].</param>
/// <param name="Features">Features of the last observation, float32 [rows, variables, features].</param>
/// <param name="States">States of the encoders, float32 [rows, variables, width].</param>
/// <param name="IsInterrupted">Whether a history has a gap longer than all in training, [rows, variables].</param>
/// <param name="IsKnown">Whether anything was observed and times rise, [rows, 1].</param>
internal sealed record OnnxSeriesHistory(OnnxValue Start, OnnxValue Last, OnnxValue Previous, OnnxValue LastTime, OnnxValue End, OnnxValue Features, OnnxValue[] States, OnnxValue IsInterrupted, OnnxValue IsKnown)
{
    private const int SharedParts = 15;

    /// <summary>Reads series, one observation after another, as <see cref="HistoryFeatures"/> does.</summary>
    /// <param name="scaling">Units.</param>
    /// <param name="times">float64 [rows, length]; NaN for what is not there.</param>
    /// <param name="values">float32 [rows, variables, length]; NaN where not observed.</param>
    /// <param name="statics">Scaled, float32 [rows, statics], or null.</param>
    /// <param name="length">Observations of a row.</param>
    /// <param name="encoders">Encoders.</param>
    public static OnnxSeriesHistory Read(SeriesScaling scaling, OnnxValue times, OnnxValue values, OnnxValue? statics, int length, OnnxGru[] encoders)
    {
        OnnxGraph graph = times.Graph;
        int variables = scaling.Variables.Length;
        OnnxValue zero = graph.Number(0, OnnxType.Double);
        OnnxValue perRow = graph.PerRow(zero, times, 1), perVariable = graph.PerRow(zero, times, variables);
        OnnxValue none = graph.Number(0);
        OnnxValue[] initial =
        [
            perRow - double.MaxValue, perRow, perRow, perRow > 0, perRow >= 0,
            perVariable > 0, perVariable, perVariable + scaling.Constant(graph, variable => variable.Center), perVariable + double.NaN, perVariable, perVariable,
            graph.PerRow(none, times, scaling.FeatureCount), graph.PerRow(none, times, variables, scaling.FeatureCount), perRow, perVariable,
            .. encoders.Select(encoder => graph.PerRow(none, times, encoder.Width)),
            .. encoders.Select(encoder => graph.PerRow(none, times, variables, encoder.Width)),
        ];
        OnnxValue[] end = graph.Loop(length, initial, (index, state) =>
        {
            OnnxValue place = index.Reshape(1);
            return (null, Advance(scaling, times.Gather(1, place), values.Gather(2, place).Squeeze(2), statics, encoders, state));
        });
        OnnxValue lastTime = end[2], lastTimes = end[6];
        OnnxValue isSilent = end[5] & ((lastTime - lastTimes) > scaling.Constant(graph, variable => variable.LongestSilence));
        OnnxValue isSilentVector = isSilent.Unsqueeze(2);
        OnnxValue[] states = [.. encoders.Select((_, i) => isSilentVector.Where(end[SharedParts + encoders.Length + i], end[SharedParts + i].Unsqueeze(1)))];
        return new OnnxSeriesHistory(
            scaling.ForecastStart(end[7], end[8]), end[7], end[8], isSilent.Where(lastTimes, lastTime), end[0], isSilentVector.Where(end[12], end[11].Unsqueeze(1)), states, isSilent.Where(end[14], end[13]) > scaling.LongestGap, end[3] & end[4]);
    }

    private static OnnxValue[] Advance(SeriesScaling scaling, OnnxValue time, OnnxValue values, OnnxValue? statics, OnnxGru[] encoders, OnnxValue[] state)
    {
        (OnnxValue end, OnnxValue firstTime, OnnxValue lastTime, OnnxValue hasBegun, OnnxValue rises) = (state[0], state[1], state[2], state[3], state[4]);
        (OnnxValue seen, OnnxValue lastTimes, OnnxValue lastValues, OnnxValue previousValues) = (state[5], state[6], state[7], state[8]);
        (OnnxValue levelSum, OnnxValue levelWeight) = (state[9], state[10]);
        OnnxGraph graph = time.Graph;

        // Rows of which nothing is observed say nothing, but when the series ends.
        OnnxValue hasTime = time.IsFinite();
        OnnxValue isObserved = values.IsFinite() & hasTime;
        OnnxValue isRow = isObserved.To(OnnxType.Single).Largest(1) > 0.5;
        rises = rises & (!hasTime | (time > end));
        end = hasTime.Where(time, end);
        firstTime = hasBegun.Where(firstTime, time);
        OnnxValue previousTime = hasBegun.Where(lastTime, time);
        OnnxValue longestGap = isRow.Where(state[13].Maximum(time - previousTime), state[13]);

        OnnxValue value = isObserved.Where(values.To(OnnxType.Double) - scaling.Seasonal(time).Squeeze(1), lastValues);
        OnnxValue wasObserved = isObserved & seen;
        OnnxValue sinceLast = time - lastTimes;
        OnnxValue decay = seen.Where(
            (-(sinceLast / scaling.Constant(graph, variable => variable.LevelMemory ?? 1))).Exp(), 0);
        levelSum = isObserved.Where((levelSum * decay) + value, levelSum);
        levelWeight = isObserved.Where((levelWeight * decay) + 1, levelWeight);
        OnnxValue hasMemory = scaling.Constant(graph, variable => variable.LevelMemory is null ? 0 : 1) > 0;
        OnnxValue level = hasMemory.Where(value - (levelWeight > 0).Where(levelSum / levelWeight, value), value);
        OnnxValue[] described =
        [
            scaling.Level((level - scaling.Constant(graph, variable => variable.LevelCenter)) / scaling.Constant(graph, variable => variable.LevelScale)),
            wasObserved.Where(SeriesScaling.Clip((value - lastValues) / scaling.Constant(graph, variable => variable.StepScale)), 0),
            isObserved.To(OnnxType.Double),
            seen.Where(scaling.Gap(sinceLast), 0),
        ];
        var parts = new List<OnnxValue>
        {
            OnnxValue.Concatenate(2, Array.ConvertAll(described, part => part.Unsqueeze(2))).Flatten(),
            scaling.Gap(time - previousTime),
            1 - ((firstTime - time) / scaling.Horizon).Exp(),
        };
        if (scaling.Seasons(time) is { } seasons)
        {
            parts.Add(seasons.Squeeze(1));
        }

        OnnxValue features = OnnxValue.Concatenate(1, [.. parts]).To(OnnxType.Single);
        features = statics is null ? features : OnnxValue.Concatenate(1, features, statics);
        OnnxValue[] next = [.. encoders.Select((encoder, i) => isRow.Where(encoder.Advance(features, state[SharedParts + i]), state[SharedParts + i]))];
        OnnxValue isObservedVector = isObserved.Unsqueeze(2);
        features = isRow.Where(features, state[11]);
        return
        [
            end, firstTime, isRow.Where(time, lastTime), hasBegun | isRow, rises,
            seen | isObserved, isObserved.Where(time, lastTimes), isRow.Where(value, lastValues), wasObserved.Where(lastValues, previousValues), levelSum, levelWeight,
            features, isObservedVector.Where(features.Unsqueeze(1), state[12]), longestGap, isObserved.Where(longestGap, state[14]),
            .. next,
            .. next.Select((encoded, i) => isObservedVector.Where(encoded.Unsqueeze(1), state[SharedParts + encoders.Length + i])),
        ];
    }
}
