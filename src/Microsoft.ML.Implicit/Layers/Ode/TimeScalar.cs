using Microsoft.ML.Implicit.Native;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Layers.Ode;

/// <summary>A time common to all rows, as modules take it.</summary>
internal static class TimeScalar
{
    /// <summary>A tensor without dimensions.</summary>
    /// <param name="time">t.</param>
    /// <param name="like">A tensor for its type and device.</param>
    public static Tensor Create(double time, Tensor like) => full([], time.Held(), like.dtype, like.device);
}
