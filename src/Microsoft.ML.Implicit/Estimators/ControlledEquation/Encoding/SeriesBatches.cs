using Microsoft.ML.Implicit.Layers.Series;
using Microsoft.ML.Implicit.Native;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Puts series into tensors.</summary>
internal static class SeriesBatches
{
    // A path needs a piece, even one that a row of one time has not.
    private const int FewestPoints = 2;

    // What a recurrence keeps of so many points for a gradient takes nearly a gigabyte, and more points at once are no quicker.
    private const int MostPoints = 1 << 15;

    // Of a step of training, which may take several batches.
    private const int MostTrainingPoints = 1 << 16;
    private const int MostSeries = 256;

    /// <summary>Series of such a length that one step of training can take.</summary>
    public static int LargestBatch(int longest) => Math.Max(1, MostTrainingPoints / longest);

    /// <summary>Series in batches of bounded size, in their order.</summary>
    public static IEnumerable<EncodedChannels[]> Split(IEnumerable<EncodedChannels> series)
    {
        var batch = new List<EncodedChannels>();
        int longest = 0;
        foreach (EncodedChannels next in series)
        {
            longest = Math.Max(longest, next.Times.Length);
            if (batch.Count > 0 && (batch.Count == MostSeries || (batch.Count + 1) * (long)longest > MostPoints))
            {
                yield return [.. batch];
                batch.Clear();
                longest = next.Times.Length;
            }

            batch.Add(next);
        }

        if (batch.Count > 0)
        {
            yield return [.. batch];
        }
    }

    public static SeriesInputs Create(IReadOnlyList<EncodedChannels> series, SeriesShape shape, Device device)
    {
        int points = Math.Max(FewestPoints, series.Max(s => s.Times.Length));
        double[] times = new double[series.Count * points];
        float[] values = new float[times.Length * shape.Channels];
        Array.Fill(values, float.NaN);
        long[] last = new long[series.Count];
        for (int row = 0; row < series.Count; row++)
        {
            EncodedChannels next = series[row];
            last[row] = next.Times.Length - 1;
            next.Times.CopyTo(times, row * points);
            times.AsSpan((row * points) + next.Times.Length, points - next.Times.Length).Fill(next.Times[^1]);
            next.Values.CopyTo(values, row * points * shape.Channels);
        }

        return new SeriesInputs(
            NativeTensor.Of(times, [series.Count, points], device),
            NativeTensor.Of(values, [series.Count, points, shape.Channels], device),
            tensor(last, device: device),
            NativeTensor.Of([.. series.SelectMany(s => s.Statics)], [series.Count, shape.Statics], device));
    }

    public static Tensor Labels(IReadOnlyList<EncodedChannels> series, Device device) => NativeTensor.Of([.. series.Select(s => s.Label)], [series.Count], device);

    public static Tensor Weights(IReadOnlyList<EncodedChannels> series, Device device) => NativeTensor.Of([.. series.Select(s => s.Weight)], [series.Count], device);
}
