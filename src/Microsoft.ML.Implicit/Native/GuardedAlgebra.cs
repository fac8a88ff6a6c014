using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Native;

/// <summary>Products whose errors are exceptions: TorchSharp's <c>matmul</c> ends the process where shapes or types do not fit.</summary>
internal static class GuardedAlgebra
{
    /// <summary>x W over the last dimension of x.</summary>
    /// <param name="x"><c>[..., n]</c>.</param>
    /// <param name="matrix">W, <c>[n, m]</c>.</param>
    /// <returns><c>[..., m]</c>.</returns>
    public static Tensor Times(this Tensor x, Tensor matrix)
    {
        if (x.dim() == 2)
        {
            return x.mm(matrix);
        }

        // A product of rows says what does not fit.
        return Fits(x, matrix) ? x.matmul(matrix) : x.reshape(-1, x.shape[^1]).mm(matrix);
    }

    private static bool Fits(Tensor x, Tensor matrix) =>
        matrix.dim() == 2 && x.size(-1) == matrix.size(0) && x.dtype == matrix.dtype && x.device_type == matrix.device_type && x.device_index == matrix.device_index;
}
