using System.Numerics;
using System.Runtime.CompilerServices;

namespace Microsoft.ML.Implicit.Numerics;

/// <summary>Vectorised operations of a Runge-Kutta step on one tile, optimised from the first call since a single solve runs them thousands of times.</summary>
internal static unsafe class TileAlgebra
{
    /// <summary>destination = state + Σⱼ weightsⱼ · stagesⱼ; without a state, the sum alone.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Combine(float* state, float* stages, ReadOnlySpan<float> weights, int length, float* destination)
    {
        int width = Vector<float>.Count;
        for (int i = 0; i < length; i += 2 * width)
        {
            Vector<float> a = state == null ? Vector<float>.Zero : Vector.Load(state + i);
            Vector<float> b = state == null ? Vector<float>.Zero : Vector.Load(state + i + width);
            float* stage = stages + i;
            foreach (float weight in weights)
            {
                var w = new Vector<float>(weight);
                a = Vector.FusedMultiplyAdd(w, Vector.Load(stage), a);
                b = Vector.FusedMultiplyAdd(w, Vector.Load(stage + width), b);
                stage += length;
            }

            a.Store(destination + i);
            b.Store(destination + i + width);
        }
    }

    /// <summary>Σ (valueᵢ / (atol + rtol · max(|aᵢ|, |bᵢ|)))² over the first lanes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static double SumScaledSquares(float* value, float* a, float* b, int length, int lanes, float relative, float absolute)
    {
        int width = Vector<float>.Count;
        var rtol = new Vector<float>(relative);
        var atol = new Vector<float>(absolute);
        Vector<float> low = Vector<float>.Zero;
        Vector<float> high = Vector<float>.Zero;
        for (int i = 0; i < length; i += 2 * width)
        {
            Vector<float> x = Scaled(i);
            Vector<float> y = Scaled(i + width);
            low = Vector.FusedMultiplyAdd(x, x, low);
            high = Vector.FusedMultiplyAdd(y, y, high);
        }

        double sum = 0;
        for (int lane = 0; lane < lanes; lane++)
        {
            sum += lane < width ? low[lane] : high[lane - width];
        }

        return sum;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        Vector<float> Scaled(int at)
        {
            Vector<float> magnitude = Vector.Max(Vector.Abs(Vector.Load(a + at)), Vector.Abs(Vector.Load(b + at)));
            return Vector.Load(value + at) / Vector.FusedMultiplyAdd(rtol, magnitude, atol);
        }
    }

    /// <summary>Σ aᵢ bᵢ.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static float Dot(float* a, float* b, int length)
    {
        int width = Vector<float>.Count;
        Vector<float> low = Vector<float>.Zero, high = Vector<float>.Zero;
        for (int i = 0; i < length; i += 2 * width)
        {
            low = Vector.FusedMultiplyAdd(Vector.Load(a + i), Vector.Load(b + i), low);
            high = Vector.FusedMultiplyAdd(Vector.Load(a + i + width), Vector.Load(b + i + width), high);
        }

        return Vector.Sum(low + high);
    }

    /// <summary>Σ (valueᵢ / (atol + rtol max(|aᵢ|, |bᵢ|)))² of one row; infinite where the b of the row is not finite.</summary>
    public static double SumScaledSquaresOfLane(float* value, float* a, float* b, int length, int lane, double rtol, double atol)
    {
        double sum = 0;
        for (int i = lane; i < length; i += Tile.Lanes)
        {
            double scaled = value[i] / (atol + (rtol * Math.Max(Math.Abs(a[i]), Math.Abs(b[i]))));
            sum += float.IsFinite(b[i]) ? scaled * scaled : double.PositiveInfinity;
        }

        return sum;
    }
}
