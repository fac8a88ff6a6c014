using Microsoft.ML.Implicit.Native;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Layers.Relaxations;

/// <summary>What the layers of this folder take.</summary>
internal static class RowTensor
{
    /// <exception cref="ArgumentException">It is no matrix of float32 or float64.</exception>
    public static void Check(Tensor values, string name)
    {
        ArgumentNullException.ThrowIfNull(values, name);
        NativeBackend.EnsureLoaded();
        if (values.dim() != 2 || values.dtype is not (ScalarType.Float32 or ScalarType.Float64) || values.shape[1] == 0)
        {
            throw new ArgumentException($"{name} must be float32 or float64 of shape [rows, values], and is {values.dtype} [{string.Join(", ", values.shape)}].", name);
        }
    }

    /// <exception cref="ArgumentOutOfRangeException">It is not positive and finite.</exception>
    public static void CheckStrength(double strength)
    {
        if (!(strength > 0 && double.IsFinite(strength)))
        {
            throw new ArgumentOutOfRangeException(nameof(strength), strength, "The strength must be positive and finite.");
        }
    }

    /// <summary>Results of the rows that are finite; NaN for others.</summary>
    /// <param name="rows">[rows, values].</param>
    /// <param name="results">[rows, ...], one for each row or each value.</param>
    public static Tensor WhereFinite(Tensor rows, Tensor results)
    {
        Tensor isFinite = rows.detach().isfinite().all(1, keepdim: results.dim() > 1);
        return where(isFinite, results, full([], double.NaN.Held(), results.dtype, results.device));
    }
}
