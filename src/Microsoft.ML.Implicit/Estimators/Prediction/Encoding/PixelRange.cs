using System.Numerics;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>The range within which pixels of a channel are told apart (winsorising): beyond it lie errors of recording alone.</summary>
/// <param name="Lowest">What a lower pixel counts as.</param>
/// <param name="Highest">What a higher pixel counts as.</param>
internal readonly record struct PixelRange(float Lowest, float Highest)
{
    // More values would not move a quantile by anything that matters.
    private const long MaximumValuesRead = 1_000_000;

    private const double Quantile = 0.999;
    private const double Reach = 10;

    /// <summary>
    /// Learns the range of a channel: ten times as far from the median as the 99.9 % quantile of those distances that are not 0, which
    /// leaves out images that are mostly background.
    /// </summary>
    /// <param name="pixels">float32 [images, pixels], on the CPU.</param>
    public static PixelRange Of(Tensor pixels)
    {
        Tensor flat = pixels.reshape(-1);
        long stride = (flat.shape[0] + MaximumValuesRead - 1) / MaximumValuesRead;
        while (BigInteger.GreatestCommonDivisor(stride, pixels.shape[1]) > 1)
        {
            // Every place in an image is then read as often as any other.
            stride++;
        }

        float[] values = flat.slice(0, 0, flat.shape[0], stride).contiguous().data<float>().ToArray();
        Array.Sort(values);
        double median = values[values.Length / 2];
        double[] distances = [.. values.Select(value => Math.Abs(value - median)).Where(distance => distance > 0)];
        if (distances.Length == 0)
        {
            return new PixelRange(float.MinValue, float.MaxValue);
        }

        // Rounded down, so that the farthest of few pixels does not set its own limit.
        Array.Sort(distances);
        double reach = Reach * distances[(int)(Quantile * (distances.Length - 1))];
        return new PixelRange((float)Math.Max(median - reach, float.MinValue), (float)Math.Min(median + reach, float.MaxValue));
    }
}
