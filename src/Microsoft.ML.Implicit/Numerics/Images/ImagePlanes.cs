namespace Microsoft.ML.Implicit.Numerics;

/// <summary>
/// Where the pixels of an image lie in flat memory with a border of zeros, so that a shift by a pixel is one of an address: a column of zeros behind each row is
/// the border on its right and on the left of the next, and a row of zeros behind each channel that at its bottom and at the top of the next.
/// </summary>
internal sealed unsafe class ImagePlanes
{
    /// <param name="channels">Channels of the image.</param>
    /// <param name="height">Height in pixels.</param>
    /// <param name="width">Width in pixels.</param>
    public ImagePlanes(int channels, int height, int width)
    {
        (Channels, Height, Width) = (channels, height, width);
        RowStride = width + 1;
        PaddedChannels = Math.Max(PanelProducts.FewestRows, channels + (channels % 2));

        // Channels are computed by whole vectors, whose last numbers come to lie in the border.
        PlaneLength = Tile.PadLength(height * RowStride);
        PlaneStride = Tile.PadLength((height + 1) * RowStride);
        Origin = Tile.PadLength(RowStride + 1);
        Length = Tile.PadLength(Origin + (PaddedChannels * PlaneStride) + Origin);
    }

    public int Channels { get; }

    public int Height { get; }

    public int Width { get; }

    /// <summary>Channels with those of zeros that make a number which <see cref="PanelProducts"/> can multiply.</summary>
    public int PaddedChannels { get; }

    /// <summary>Floats from one row of pixels to the next.</summary>
    public int RowStride { get; }

    /// <summary>Floats from one channel to the next.</summary>
    public int PlaneStride { get; }

    /// <summary>Floats of a channel that are computed.</summary>
    public int PlaneLength { get; }

    /// <summary>Where the first pixel lies.</summary>
    public int Origin { get; }

    /// <summary>Floats of an image.</summary>
    public int Length { get; }

    /// <summary>Writes an image of densely stored channels into planes whose border is zero.</summary>
    public void Load(ReadOnlySpan<float> image, float* planes)
    {
        for (int row = 0; row < Channels * Height; row++)
        {
            image.Slice(row * Width, Width).CopyTo(new Span<float>(Row(planes, row), Width));
        }
    }

    /// <summary>Reads an image out of planes.</summary>
    public void Store(float* planes, Span<float> image)
    {
        for (int row = 0; row < Channels * Height; row++)
        {
            new ReadOnlySpan<float>(Row(planes, row), Width).CopyTo(image[(row * Width)..]);
        }
    }

    /// <summary>Sets what was computed of the border back to zero.</summary>
    public void ClearBorder(float* planes)
    {
        for (int channel = 0; channel < Channels; channel++)
        {
            float* plane = planes + Origin + (channel * PlaneStride);
            for (int border = Width; border < Height * RowStride; border += RowStride)
            {
                plane[border] = 0;
            }

            new Span<float>(plane + (Height * RowStride), PlaneLength - (Height * RowStride)).Clear();
        }
    }

    /// <summary>The first of a row's pixels, where rows are counted over all channels.</summary>
    public float* Row(float* planes, int row)
    {
        (int channel, int y) = Math.DivRem(row, Height);
        return planes + Origin + (channel * PlaneStride) + (y * RowStride);
    }
}
