using Microsoft.ML.Implicit.Layers.Series;
using Microsoft.ML.Implicit.Native;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Puts series into tensors.</summary>
internal static class SeriesBatches
{
    // A path needs a piece, even one that a row of one time has not.
    private const int FewestPoints = 2;

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
