using Microsoft.ML.Data;

namespace Microsoft.ML.Implicit.Benchmarks.Quality.SeriesLabels;

/// <summary>One series with its class or value as a row of a data view; channels that a data set lacks stay empty.</summary>
internal sealed class LabelledSeries
{
    public const int MostChannels = 12;

    public required double[] Time { get; init; }

    /// <summary>The label of a classification.</summary>
    public string Class { get; init; } = "";

    /// <summary>The label of a regression.</summary>
    public float Value { get; init; }

    /// <summary>Values of each channel at the times, NaN where not observed.</summary>
    [NoColumn]
    public required float[][] Channels { get; init; }

    /// <summary>What holds for the whole series: its age, or a number like it.</summary>
    public float Static { get; init; }

    public float[] Channel0 => At(0);

    public float[] Channel1 => At(1);

    public float[] Channel2 => At(2);

    public float[] Channel3 => At(3);

    public float[] Channel4 => At(4);

    public float[] Channel5 => At(5);

    public float[] Channel6 => At(6);

    public float[] Channel7 => At(7);

    public float[] Channel8 => At(8);

    public float[] Channel9 => At(9);

    public float[] Channel10 => At(10);

    public float[] Channel11 => At(11);

    private float[] At(int channel) => channel < Channels.Length ? Channels[channel] : [];
}
