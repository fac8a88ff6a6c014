using Microsoft.ML.Implicit.Native;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Layers.Series;

/// <summary>Rotations of four dimensions, z ↦ exp(l) z exp(r) on quaternions: all of them, with the exponential of their skew matrix in closed form.</summary>
internal static class QuaternionRotation
{
    // Keeps the length of a vector of zeros differentiable.
    private const double SmallestSquare = 1e-24;

    // Of the product of quaternions q z and z q: the entries of a matrix are one part of q each, with a sign.
    private static readonly float[] LeftProduct = Entries([0, 1, 2, 3, 1, 0, 3, 2, 2, 3, 0, 1, 3, 2, 1, 0], [1, -1, -1, -1, 1, 1, -1, 1, 1, 1, 1, -1, 1, -1, 1, 1]);
    private static readonly float[] RightProduct = Entries([0, 1, 2, 3, 1, 0, 3, 2, 2, 3, 0, 1, 3, 2, 1, 0], [1, -1, -1, -1, 1, 1, 1, -1, 1, -1, 1, 1, 1, 1, -1, 1]);

    /// <summary>The matrices of rotations.</summary>
    /// <param name="generators">Imaginary parts of l and of r, [..., 6]: the rotation turns two planes by the sum and the difference of their lengths.</param>
    /// <returns>[..., 4, 4].</returns>
    public static Tensor Of(Tensor generators) =>
        Matrix(generators.narrow(-1, 0, 3), LeftProduct).matmul(Matrix(generators.narrow(-1, 3, 3), RightProduct));

    private static Tensor Matrix(Tensor imaginary, float[] product)
    {
        Tensor angle = imaginary.Squared().sum(-1, keepdim: true).Plus(SmallestSquare.Held()).sqrt();
        Tensor quaternion = cat([angle.cos(), imaginary * (angle.sin() / angle)], -1);
        Tensor entries = NativeTensor.Of(product, [4, 16], imaginary.device).to(imaginary.dtype);
        return quaternion.matmul(entries).view([.. imaginary.shape[..^1], 4, 4]);
    }

    private static float[] Entries(int[] parts, int[] signs)
    {
        float[] entries = new float[4 * 16];
        for (int entry = 0; entry < parts.Length; entry++)
        {
            entries[(parts[entry] * 16) + entry] = signs[entry];
        }

        return entries;
    }
}
