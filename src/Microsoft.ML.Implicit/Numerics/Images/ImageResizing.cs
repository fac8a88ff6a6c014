namespace Microsoft.ML.Implicit.Numerics;

/// <summary>Pooling and its transpose on <see cref="ImagePlanes"/>, scaled to be orthonormal.</summary>
internal static unsafe class ImageResizing
{
    /// <summary>coarse = the mean of k × k pixels, times k.</summary>
    public static void Pool(ImagePlanes finePlanes, float* fine, ImagePlanes coarsePlanes, float* coarse)
    {
        int factor = finePlanes.Height / coarsePlanes.Height;
        for (int row = 0; row < coarsePlanes.Channels * coarsePlanes.Height; row++)
        {
            Span<float> destination = coarsePlanes.Row(coarse, row);
            destination.Clear();
            for (int within = 0; within < factor; within++)
            {
                ReadOnlySpan<float> source = finePlanes.Row(fine, (row * factor) + within);
                for (int x = 0, from = 0; x < destination.Length; x++)
                {
                    for (int end = from + factor; from < end; from++)
                    {
                        destination[x] += source[from];
                    }
                }
            }

            for (int x = 0; x < destination.Length; x++)
            {
                destination[x] /= factor;
            }
        }
    }

    /// <summary>fine += each pixel k × k times, divided by k.</summary>
    public static void AddRepeated(ImagePlanes coarsePlanes, float* coarse, ImagePlanes finePlanes, float* fine)
    {
        int factor = finePlanes.Height / coarsePlanes.Height;
        for (int row = 0; row < finePlanes.Channels * finePlanes.Height; row++)
        {
            ReadOnlySpan<float> source = coarsePlanes.Row(coarse, row / factor);
            Span<float> destination = finePlanes.Row(fine, row);
            for (int x = 0, to = 0; x < source.Length; x++)
            {
                float value = source[x] / factor;
                for (int end = to + factor; to < end; to++)
                {
                    destination[to] += value;
                }
            }
        }
    }
}
