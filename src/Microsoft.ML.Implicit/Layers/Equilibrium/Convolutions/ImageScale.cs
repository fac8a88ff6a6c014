using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Layers.Equilibrium;

/// <summary>Where one resolution of a multi-scale state lies within a flat row.</summary>
/// <param name="Channels">Channels at this resolution.</param>
/// <param name="Height">Height in pixels.</param>
/// <param name="Width">Width in pixels.</param>
/// <param name="Offset">First element within the row.</param>
internal sealed record ImageScale(int Channels, int Height, int Width, int Offset)
{
    /// <summary>Elements within the row.</summary>
    public int Length => Channels * Height * Width;

    /// <summary>Views this resolution of a flat state [batch, total] as [batch, channels, height, width].</summary>
    public Tensor Of(Tensor state) => state.narrow(1, Offset, Length).view(state.shape[0], Channels, Height, Width);
}
