using Microsoft.ML.Data;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Shape of an image that a feature vector holds, channel by channel, row by row.</summary>
/// <param name="Channels">Number of channels: 1 for grey.</param>
/// <param name="Height">Rows of pixels.</param>
/// <param name="Width">Pixels a row.</param>
public readonly record struct ImageShape(int Channels, int Height, int Width)
{
    /// <summary>Length of the feature vector.</summary>
    public int Length => Channels * Height * Width;

    /// <summary>Whether there is a channel at least, and room for two resolutions.</summary>
    internal bool HasRoom => Channels > 0 && Height > 0 && Width > 0 && Math.Max(Height, Width) > 1;

    /// <summary>Checks the dimensions that a column's type declares, if it declares more than a length. Those of length 1 say nothing of the order of values.</summary>
    /// <exception cref="ArgumentException">They are not those of the image.</exception>
    internal void CheckDimensions(DataViewSchema.Column column)
    {
        if (column.Type is not VectorDataViewType { Dimensions: { Length: > 1 } declared })
        {
            return;
        }

        int[] expected = [Channels, Height, Width];
        if (!declared.Where(length => length != 1).SequenceEqual(expected.Where(length => length != 1)))
        {
            throw new ArgumentException(
                $"Column '{column.Name}' declares images of {string.Join(" x ", declared)}; they are read as {string.Join(" x ", expected)}, channel by channel and row by row. "
                + "Bring the pixels into that order, for instance with ExtractPixels(interleavePixelColors: false), or set Image to what the column holds.",
                nameof(column));
        }
    }
}
