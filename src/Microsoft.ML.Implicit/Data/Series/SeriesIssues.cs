using Microsoft.ML.Runtime;

namespace Microsoft.ML.Implicit.Data;

/// <summary>Counts of what was repaired while series were read.</summary>
internal sealed class SeriesIssues
{
    public long UnnamedRows { get; set; }

    public long UnsortedSeries { get; set; }

    public long DuplicateTimes { get; set; }

    public long MissingTimes { get; set; }

    public long CoarseTimes { get; set; }

    public long InfiniteValues { get; set; }

    public long EmptySeries { get; set; }

    public long MissingLabels { get; set; }

    public void Report(IChannel channel)
    {
        Warn(channel, UnnamedRows, "rows do not say which series they belong to; they are taken as one series");
        Warn(channel, UnsortedSeries, "series were not in the order of time; they were sorted");
        Warn(channel, DuplicateTimes, "observations repeat a time of their series; observations at one time were averaged");
        Warn(channel, MissingTimes, "observations have no finite time; they were left out");
        Warn(channel, CoarseTimes, TimeReader.CoarseTimes);
        Warn(channel, InfiniteValues, "values are infinite; they are taken as missing");
        Warn(channel, EmptySeries, "series have no observation; they were left out");
        Warn(channel, MissingLabels, "series have no label; they were left out of training");
    }

    private static void Warn(IChannel channel, long count, string message)
    {
        if (count > 0)
        {
            channel.Warning($"{count} {message}.");
        }
    }
}
