using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Native;

/// <summary>Operations whose forms in TorchSharp make a scalar of their own, such as a factor, an exponent or a step, and do not hold it, see <see cref="HeldScalars"/>.</summary>
internal static class HeldArithmetic
{
    private static readonly Scalar One = 1.ToScalar();

    /// <summary>x + y.</summary>
    public static Tensor Plus(this Tensor x, Tensor y) => x.add(y, One);

    /// <inheritdoc cref="Plus(Tensor, Tensor)"/>
    public static Tensor Plus(this Tensor x, Scalar y) => x.add(y, One);

    /// <inheritdoc cref="Plus(Tensor, Tensor)"/>
    public static Tensor Plus(this Scalar x, Tensor y) => y.add(x, One);

    /// <summary>x + y in the place of x, which is returned.</summary>
    public static Tensor PlusInPlace(this Tensor x, Tensor y) => x.add_(y, One);

    /// <inheritdoc cref="PlusInPlace(Tensor, Tensor)"/>
    public static Tensor PlusInPlace(this Tensor x, Scalar y) => x.add_(y, One);

    /// <summary>x - y.</summary>
    public static Tensor Minus(this Scalar x, Tensor y) => y.neg().add(x, One);

    /// <summary>x².</summary>
    public static Tensor Squared(this Tensor x) => x.mul(x);

    /// <summary>log(1 + eˣ) = -log σ(-x).</summary>
    public static Tensor Softplus(this Tensor x) => nn.functional.logsigmoid(x.neg()).neg();

    /// <summary>The numbers from <paramref name="start"/> up to and without <paramref name="end"/>, int64.</summary>
    public static Tensor Range(long start, long end, Device device) => arange(start.Held(), end.Held(), One, ScalarType.Int64, device);

    /// <summary>The one element, float32 or float64.</summary>
    public static double ReadDouble(this Tensor x) => x.dtype == ScalarType.Float64 ? x.item<double>() : x.item<float>();
}
