using Microsoft.ML.Implicit.Data;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>How much of the past a forecast looks at.</summary>
/// <param name="Length">Most observations.</param>
/// <param name="Duration">Longest time before the last of them.</param>
internal readonly record struct HistoryWindow(int Length, double Duration)
{
    /// <summary>The window of a model. Where the latent path begins with the history, that is solved for too, and must not take forever.</summary>
    public static HistoryWindow Create(int length, bool isSolved, double horizon) =>
        new(length, isSolved ? ForecastReach.MostHorizons * horizon : double.PositiveInfinity);

    /// <summary>The first observation that is looked at with the given number of them known.</summary>
    public int First(double[] times, int count)
    {
        int first = Math.Max(0, count - Length);
        while (!Durations.IsWithin(times[count - 1] - times[first], Duration))
        {
            first++;
        }

        return first;
    }
}
