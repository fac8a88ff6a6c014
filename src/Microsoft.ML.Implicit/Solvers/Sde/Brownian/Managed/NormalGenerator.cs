using System.Numerics;
using System.Runtime.CompilerServices;

namespace Microsoft.ML.Implicit.Solvers.Sde.Brownian.Managed;

/// <summary>
/// Standard normal numbers that are a function of a key and a counter: the keyed place in a sequence of SplitMix64 (Steele, Lea, Flood, Fast
/// splittable pseudorandom number generators, 2014), transformed by Box and Muller.
/// </summary>
/// <remarks>
/// Only operations that IEEE 754 rounds in one way are used, and no sum that a compiler might fuse with a product in it. The same operations in Brownian.cu give the same bits.
/// </remarks>
internal static class NormalGenerator
{
    private const ulong Golden = 0x9E3779B97F4A7C15;
    private const ulong FirstMultiplier = 0xBF58476D1CE4E5B9;
    private const ulong SecondMultiplier = 0x94D049BB133111EB;
    private const ulong OneAsBits = 0x3FF0000000000000;
    private const ulong RootOfHalfAsBits = 0x3FE6A09E667F3BCD;
    private const int ExponentBits = 12;
    private const int FractionBits = 52;
    private const double ExponentBias = 1023;

    // The last bit of a number that this was added to is its integral part's.
    private const double Rounder = 3L << (FractionBits - 1);

    // 2^52, to which a number of fewer bits can be added as bits.
    private const double IntegerBase = 1L << FractionBits;

    /// <summary>One number for two, all of whose bits depend on those of both.</summary>
    public static ulong Combine(ulong key, ulong counter) => Mix(Mix(key + Golden) + (counter * Golden));

    /// <summary>A pair of independent normal numbers for each key.</summary>
    /// <param name="keys">Keys.</param>
    /// <param name="counter">Counter.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (Vector<double> X, Vector<double> Y) Pair(Vector<ulong> keys, ulong counter)
    {
        (Vector<double> radius, Vector<double> turn, Vector<ulong> sign) = Draw(keys, counter);
        return (Negate(radius * Cosine(turn), sign), Negate(radius * Sine(turn), sign));
    }

    /// <summary>The first number of <see cref="Pair"/>.</summary>
    /// <param name="keys">Keys.</param>
    /// <param name="counter">Counter.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<double> First(Vector<ulong> keys, ulong counter)
    {
        (Vector<double> radius, Vector<double> turn, Vector<ulong> sign) = Draw(keys, counter);
        return Negate(radius * Cosine(turn), sign);
    }

    // An angle of 2πv is half a turn, which changes the sign, some times and πr more, where r is from -½ to ½.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (Vector<double> Radius, Vector<double> Turn, Vector<ulong> Sign) Draw(Vector<ulong> keys, ulong counter)
    {
        Vector<ulong> place = keys + new Vector<ulong>(counter);
        Vector<double> radius = Vector.SquareRoot(MinusTwoLogarithms(new Vector<double>(2) - FromOneToTwo(Mix(place))));
        Vector<double> twice = new Vector<double>(2) * (FromOneToTwo(Mix(place + new Vector<ulong>(Golden))) - Vector<double>.One);
        Vector<double> rounded = twice + new Vector<double>(Rounder);
        return (radius, twice - (rounded - new Vector<double>(Rounder)), Vector.AsVectorUInt64(rounded) << 63);
    }

    // -2 log u for u in (0, 1]: with u = 2ᵏm and s = (m - 1) / (m + 1), log m = 2 artanh s = 2s (1 + s² P(s²)).
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector<double> MinusTwoLogarithms(Vector<double> u)
    {
        Vector<ulong> bits = Vector.AsVectorUInt64(u);
        Vector<ulong> exponent = (bits + new Vector<ulong>(OneAsBits - RootOfHalfAsBits)) >>> FractionBits;
        Vector<double> m = Vector.AsVectorDouble(bits + ((new Vector<ulong>((ulong)ExponentBias) - exponent) << FractionBits));
        Vector<double> k = Vector.AsVectorDouble(exponent | Vector.AsVectorUInt64(new Vector<double>(IntegerBase))) - new Vector<double>(IntegerBase + ExponentBias);
        Vector<double> s = (m - Vector<double>.One) / (m + Vector<double>.One);
        Vector<double> z = s * s;
        var p = new Vector<double>(0.07308224842521703);
        p = Vector.FusedMultiplyAdd(p, z, new Vector<double>(0.07665860800278021));
        p = Vector.FusedMultiplyAdd(p, z, new Vector<double>(0.09091444562630861));
        p = Vector.FusedMultiplyAdd(p, z, new Vector<double>(0.1111110556739754));
        p = Vector.FusedMultiplyAdd(p, z, new Vector<double>(0.14285714312987743));
        p = Vector.FusedMultiplyAdd(p, z, new Vector<double>(0.19999999999949752));
        p = Vector.FusedMultiplyAdd(p, z, new Vector<double>(0.3333333333333335));
        return Vector.FusedMultiplyAdd(k, new Vector<double>(-1.3862943611198906), new Vector<double>(-4) * Vector.FusedMultiplyAdd(s * z, p, s));
    }

    // cos πr, a polynomial in r² through Chebyshev's points of [0, ¼], to 1e-16.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector<double> Cosine(Vector<double> r)
    {
        Vector<double> q = r * r;
        var p = new Vector<double>(4.149564353942586e-06);
        p = Vector.FusedMultiplyAdd(p, q, new Vector<double>(-0.00010456655338748738));
        p = Vector.FusedMultiplyAdd(p, q, new Vector<double>(0.0019295562724817132));
        p = Vector.FusedMultiplyAdd(p, q, new Vector<double>(-0.025806888737002202));
        p = Vector.FusedMultiplyAdd(p, q, new Vector<double>(0.23533063012953284));
        p = Vector.FusedMultiplyAdd(p, q, new Vector<double>(-1.335262768843447));
        p = Vector.FusedMultiplyAdd(p, q, new Vector<double>(4.058712126416497));
        p = Vector.FusedMultiplyAdd(p, q, new Vector<double>(-4.934802200544676));
        return Vector.FusedMultiplyAdd(p, q, Vector<double>.One);
    }

    // sin πr, likewise.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector<double> Sine(Vector<double> r)
    {
        Vector<double> q = r * r;
        var p = new Vector<double>(7.697826768224191e-07);
        p = Vector.FusedMultiplyAdd(p, q, new Vector<double>(-2.1903497074626018e-05));
        p = Vector.FusedMultiplyAdd(p, q, new Vector<double>(0.0004662998161898394));
        p = Vector.FusedMultiplyAdd(p, q, new Vector<double>(-0.007370430505916944));
        p = Vector.FusedMultiplyAdd(p, q, new Vector<double>(0.0821458865731029));
        p = Vector.FusedMultiplyAdd(p, q, new Vector<double>(-0.5992645293189447));
        p = Vector.FusedMultiplyAdd(p, q, new Vector<double>(2.5501640398773007));
        p = Vector.FusedMultiplyAdd(p, q, new Vector<double>(-5.167712780049969));
        return r * Vector.FusedMultiplyAdd(p, q, new Vector<double>(Math.PI));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector<double> Negate(Vector<double> value, Vector<ulong> sign) => Vector.AsVectorDouble(Vector.AsVectorUInt64(value) ^ sign);

    private static ulong Mix(ulong z)
    {
        z = (z ^ (z >> 30)) * FirstMultiplier;
        z = (z ^ (z >> 27)) * SecondMultiplier;
        return z ^ (z >> 31);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector<ulong> Mix(Vector<ulong> z)
    {
        z = (z ^ (z >>> 30)) * new Vector<ulong>(FirstMultiplier);
        z = (z ^ (z >>> 27)) * new Vector<ulong>(SecondMultiplier);
        return z ^ (z >>> 31);
    }

    // Uniform in [1, 2): random bits as the fraction of a number whose exponent is that of one.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector<double> FromOneToTwo(Vector<ulong> bits) => Vector.AsVectorDouble((bits >>> ExponentBits) | new Vector<ulong>(OneAsBits));
}
