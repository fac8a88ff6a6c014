using Microsoft.ML.Implicit.Data;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>What is known and what is asked.</summary>
/// <param name="Series">The series.</param>
/// <param name="First">First observation of the history.</param>
/// <param name="Count">Observations of the history, at least one.</param>
/// <param name="TargetTimes">Times to forecast at.</param>
/// <param name="Targets">Observations of the series that stand at these times, or <see langword="null"/> where nothing is known about them.</param>
internal sealed record ForecastExample(EncodedSeries Series, int First, int Count, double[] TargetTimes, int[]? Targets)
{
    public int Last => First + Count - 1;

    /// <summary>How long after the last observation a time to forecast at is.</summary>
    public double Ahead(int target) => TargetTimes[target] - Series.Times[Last];

    /// <summary>Number of the horizon, counted from where the series begins, that a time to forecast at lies in.</summary>
    public long Stretch(int target, double horizon) => (long)Durations.Floor((TargetTimes[target] - Series.Times[0]) / horizon);

    /// <summary>Time before which no forecast is given.</summary>
    public double Start { get; init; } = Series.Times[First + Count - 1];

    /// <summary>Whether the history has a gap longer than all in training.</summary>
    public bool IsInterrupted { get; init; }
}
