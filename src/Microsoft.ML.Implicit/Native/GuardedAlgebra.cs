using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Native;

/// <summary>Products whose errors are exceptions: TorchSharp's <c>matmul</c> ends the process where shapes or types do not fit.</summary>
internal static class GuardedAlgebra
{
    /// <summary>x W over the last dimension of x.</summary>
    /// <param name="x"><c>[..., n]</c>.</param>
    /// <param name="matrix">W, <c>[n, m]</c>.</param>
    /// <returns><c>[..., m]</c>.</returns>
    public static Tensor Times(this Tensor x, Tensor matrix) => x.reshape(-1, x.shape[^1]).mm(matrix).view([.. x.shape[..^1], matrix.shape[1]]);
}
