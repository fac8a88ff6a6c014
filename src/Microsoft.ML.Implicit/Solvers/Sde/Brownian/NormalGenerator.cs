using System.Numerics;
using System.Runtime.CompilerServices;

namespace Microsoft.ML.Implicit.Solvers.Sde.Brownian;

/// <summary>
/// Standard normal numbers that are a function of a key and a counter: the keyed place in a sequence of SplitMix64 (Steele, Lea, Flood, Fast
/// splittable pseudorandom number generators, 2014), transformed by Box and Muller.
/// </summary>
internal static class NormalGenerator
{
    private const ulong Golden = 0x9E3779B97F4A7C15;
    private const ulong FirstMultiplier = 0xBF58476D1CE4E5B9;
    private const ulong SecondMultiplier = 0x94D049BB133111EB;
    private const ulong ExponentOfOne = 0x3FF0000000000000;
    private const int ExponentBits = 12;

    /// <summary>One number for two, all of whose bits depend on those of both.</summary>
    public static ulong Combine(ulong key, ulong counter) => Mix(Mix(key + Golden) + (counter * Golden));

    /// <summary>A pair of independent normal numbers for each key.</summary>
    /// <param name="keys">Keys.</param>
    /// <param name="counter">Counter.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (Vector<double> X, Vector<double> Y) Pair(Vector<ulong> keys, ulong counter)
    {
        Vector<ulong> place = keys + new Vector<ulong>(counter);
        Vector<double> radius = Vector.SquareRoot(new Vector<double>(-2.0) * Vector.Log(new Vector<double>(2.0) - FromOneToTwo(Mix(place))));
        Vector<double> angle = new Vector<double>(Math.Tau) * (FromOneToTwo(Mix(place + new Vector<ulong>(Golden))) - Vector<double>.One);
        (Vector<double> sine, Vector<double> cosine) = Vector.SinCos(angle);
        return (radius * cosine, radius * sine);
    }

    private static ulong Mix(ulong z)
    {
        z = (z ^ (z >> 30)) * FirstMultiplier;
        z = (z ^ (z >> 27)) * SecondMultiplier;
        return z ^ (z >> 31);
    }

    private static Vector<ulong> Mix(Vector<ulong> z)
    {
        z = (z ^ (z >>> 30)) * new Vector<ulong>(FirstMultiplier);
        z = (z ^ (z >>> 27)) * new Vector<ulong>(SecondMultiplier);
        return z ^ (z >>> 31);
    }

    // Uniform in [1, 2): random bits as the fraction of a number whose exponent is that of one.
    private static Vector<double> FromOneToTwo(Vector<ulong> bits) => Vector.AsVectorDouble((bits >>> ExponentBits) | new Vector<ulong>(ExponentOfOne));
}
