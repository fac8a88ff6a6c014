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
            float* source = finePlanes.Row(fine, row * factor);
            float* destination = coarsePlanes.Row(coarse, row);
            for (int x = 0; x < coarsePlanes.Width; x++, source += factor)
            {
                float sum = 0;
                for (int y = 0; y < factor; y++)
                {
                    float* pixels = source + (y * finePlanes.RowStride);
                    for (int within = 0; within < factor; within++)
                    {
                        sum += pixels[within];
                    }
                }

                destination[x] = sum / factor;
            }
        }
    }

    /// <summary>fine += each pixel k × k times, divided by k.</summary>
    public static void AddRepeated(ImagePlanes coarsePlanes, float* coarse, ImagePlanes finePlanes, float* fine)
    {
        int factor = finePlanes.Height / coarsePlanes.Height;
        for (int row = 0; row < coarsePlanes.Channels * coarsePlanes.Height; row++)
        {
            float* source = coarsePlanes.Row(coarse, row);
            float* destination = finePlanes.Row(fine, row * factor);
            for (int x = 0; x < coarsePlanes.Width; x++, destination += factor)
            {
                float value = source[x] / factor;
                for (int y = 0; y < factor; y++)
                {
                    float* pixels = destination + (y * finePlanes.RowStride);
                    for (int within = 0; within < factor; within++)
                    {
                        pixels[within] += value;
                    }
                }
            }
        }
    }
}
