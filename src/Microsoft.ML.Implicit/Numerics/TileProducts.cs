using System.Numerics;
using System.Runtime.CompilerServices;

namespace Microsoft.ML.Implicit.Numerics;

/// <summary>Vectorised elementwise products on tiles <c>[coordinate][lanes]</c>.</summary>
internal static unsafe class TileProducts
{
    /// <summary>destination = a ∘ b.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Multiply(float* a, float* b, int length, float* destination)
    {
        for (int i = 0; i < length; i += Vector<float>.Count)
        {
            (Vector.Load(a + i) * Vector.Load(b + i)).Store(destination + i);
        }
    }

    /// <summary>destination += a ∘ b.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void AddProduct(float* a, float* b, int length, float* destination)
    {
        for (int i = 0; i < length; i += Vector<float>.Count)
        {
            Vector.FusedMultiplyAdd(Vector.Load(a + i), Vector.Load(b + i), Vector.Load(destination + i)).Store(destination + i);
        }
    }

    /// <summary>For each row, destination += factor · Σ a b over the coordinates.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void AddDot(float* a, float* b, int length, float factor, float* destination)
    {
        int width = Vector<float>.Count;
        Vector<float> low = Vector<float>.Zero;
        Vector<float> high = Vector<float>.Zero;
        for (int i = 0; i < length; i += 2 * width)
        {
            low = Vector.FusedMultiplyAdd(Vector.Load(a + i), Vector.Load(b + i), low);
            high = Vector.FusedMultiplyAdd(Vector.Load(a + i + width), Vector.Load(b + i + width), high);
        }

        var weight = new Vector<float>(factor);
        Vector.FusedMultiplyAdd(weight, low, Vector.Load(destination)).Store(destination);
        Vector.FusedMultiplyAdd(weight, high, Vector.Load(destination + width)).Store(destination + width);
    }

    /// <summary>destination += factor · s a, with one s for each row.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void AddScaled(float* scale, float factor, float* a, int length, float* destination)
    {
        int width = Vector<float>.Count;
        Vector<float> low = factor * Vector.Load(scale);
        Vector<float> high = factor * Vector.Load(scale + width);
        for (int i = 0; i < length; i += 2 * width)
        {
            Vector.FusedMultiplyAdd(low, Vector.Load(a + i), Vector.Load(destination + i)).Store(destination + i);
            Vector.FusedMultiplyAdd(high, Vector.Load(a + i + width), Vector.Load(destination + i + width)).Store(destination + i + width);
        }
    }
}
