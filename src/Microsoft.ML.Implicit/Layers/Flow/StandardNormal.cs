using Microsoft.ML.Implicit.Native;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Layers.Flow;

/// <summary>The base distribution of flows.</summary>
internal static class StandardNormal
{
    /// <summary>Log density of each row, <c>[batch]</c>.</summary>
    public static Tensor LogDensity(Tensor z) => z.square().sum(1).mul_((-0.5).Held()).sub_((0.5 * z.shape[1] * Math.Log(2 * Math.PI)).Held());
}
