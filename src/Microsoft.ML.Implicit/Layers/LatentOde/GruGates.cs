using System.Numerics;
using System.Runtime.CompilerServices;

namespace Microsoft.ML.Implicit.Layers.LatentOde;

/// <summary>
/// Elementwise parts of a gated recurrent unit on a tile, optimised from the first call since one batch runs them
/// thousands of times. The logistic function is taken as σ(x) = (1 + tanh(x / 2)) / 2.
/// </summary>
internal static unsafe class GruGates
{
    /// <summary>destination = (a + b) / 2.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void HalfSum(float* a, float* b, int length, float* destination)
    {
        var half = new Vector<float>(0.5f);
        for (int i = 0; i < length; i += Vector<float>.Count)
        {
            (half * (Vector.Load(a + i) + Vector.Load(b + i))).Store(destination + i);
        }
    }

    /// <summary>Replaces tanh(x / 2) by σ(x).</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void ToLogistic(float* values, int length)
    {
        var half = new Vector<float>(0.5f);
        for (int i = 0; i < length; i += Vector<float>.Count)
        {
            Vector.FusedMultiplyAdd(half, Vector.Load(values + i), half).Store(values + i);
        }
    }

    /// <summary>destination = a + b ∘ c.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void MultiplyAdd(float* a, float* b, float* c, int length, float* destination)
    {
        for (int i = 0; i < length; i += Vector<float>.Count)
        {
            Vector.FusedMultiplyAdd(Vector.Load(b + i), Vector.Load(c + i), Vector.Load(a + i)).Store(destination + i);
        }
    }

    /// <summary>h' = n + z ∘ (h - n).</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Blend(float* candidate, float* update, float* state, int length, float* next)
    {
        for (int i = 0; i < length; i += Vector<float>.Count)
        {
            Vector<float> n = Vector.Load(candidate + i);
            Vector.FusedMultiplyAdd(Vector.Load(update + i), Vector.Load(state + i) - n, n).Store(next + i);
        }
    }

    /// <summary>Pulls the cotangent of h' back to the gates before activation.</summary>
    /// <param name="state">h.</param>
    /// <param name="gates">r, z, n and the state's share of the candidate, one after the other.</param>
    /// <param name="length">Length of each of them.</param>
    /// <param name="cotangent">That of h'; becomes the part of h's that does not pass the gates.</param>
    /// <param name="inputCotangent">Receives that of the inputs' share of r, z and n.</param>
    /// <param name="stateCotangent">Receives that of the state's share of r, z and n.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Pullback(float* state, float* gates, int length, float* cotangent, float* inputCotangent, float* stateCotangent)
    {
        Vector<float> one = Vector<float>.One;
        for (int i = 0; i < length; i += Vector<float>.Count)
        {
            Vector<float> r = Vector.Load(gates + i);
            Vector<float> z = Vector.Load(gates + length + i);
            Vector<float> n = Vector.Load(gates + (2 * length) + i);
            Vector<float> share = Vector.Load(gates + (3 * length) + i);
            Vector<float> next = Vector.Load(cotangent + i);
            Vector<float> candidate = next * (one - z) * (one - (n * n));
            Vector<float> update = next * (Vector.Load(state + i) - n) * z * (one - z);
            Vector<float> reset = candidate * share * r * (one - r);
            reset.Store(inputCotangent + i);
            update.Store(inputCotangent + length + i);
            candidate.Store(inputCotangent + (2 * length) + i);
            reset.Store(stateCotangent + i);
            update.Store(stateCotangent + length + i);
            (candidate * r).Store(stateCotangent + (2 * length) + i);
            (next * z).Store(cotangent + i);
        }
    }
}
