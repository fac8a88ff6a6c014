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

    /// <exception cref="ArgumentOutOfRangeException">It is not positive.</exception>
    public static void CheckStrength(double strength) => ArgumentOutOfRangeException.ThrowIfNegativeOrZero(double.IsFinite(strength) ? strength : double.NaN, nameof(strength));
}
