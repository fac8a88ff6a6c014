namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Shape of an image that a feature vector holds, channel by channel, row by row.</summary>
/// <param name="Channels">Number of channels: 1 for grey.</param>
/// <param name="Height">Rows of pixels.</param>
/// <param name="Width">Pixels a row.</param>
public readonly record struct ImageShape(int Channels, int Height, int Width)
{
    /// <summary>Length of the feature vector.</summary>
    public int Length => Channels * Height * Width;
}
