using System.Numerics;
using System.Runtime.CompilerServices;

namespace Microsoft.ML.Implicit.Solvers.FixedPoint.Managed;

/// <summary>What an Anderson step passes over a row for, whose length is a multiple of two vectors.</summary>
internal static unsafe class AndersonRow
{
    /// <summary>Stores an image and its residual in the history.</summary>
    /// <param name="state">z.</param>
    /// <param name="evaluated">f(z).</param>
    /// <param name="length">Their length.</param>
    /// <param name="image">Receives f(z).</param>
    /// <param name="residual">Receives f(z) - z.</param>
    /// <returns>‖f(z) - z‖² and ‖f(z)‖².</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static (float Residual, float Image) Store(float* state, float* evaluated, int length, float* image, float* residual)
    {
        Vector<float> residualSum = Vector<float>.Zero, imageSum = Vector<float>.Zero;
        for (int i = 0; i < length; i += Vector<float>.Count)
        {
            Vector<float> f = Vector.Load(evaluated + i);
            Vector<float> g = f - Vector.Load(state + i);
            f.Store(image + i);
            g.Store(residual + i);
            residualSum = Vector.FusedMultiplyAdd(g, g, residualSum);
            imageSum = Vector.FusedMultiplyAdd(f, f, imageSum);
        }

        return (Vector.Sum(residualSum), Vector.Sum(imageSum));
    }
}
