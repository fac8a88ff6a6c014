using System.Numerics;
using System.Runtime.CompilerServices;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary><see cref="BinEncoder"/> row by row in managed memory. Safe to use from several threads at once.</summary>
internal sealed unsafe class ManagedBinEncoder
{
    // As in the encoder, halves are subtracted, which cannot overflow.
    private readonly float[] _halfCenters;
    private readonly float[] _factors;
    private readonly int[] _binFeatures;
    private readonly float[] _halfStarts;
    private readonly float[] _binFactors;

    /// <param name="centers">What becomes 0, a number a feature.</param>
    /// <param name="factors">Inverse of what becomes 1, a number a feature.</param>
    /// <param name="binFeatures">Feature of each bin.</param>
    /// <param name="binStarts">Start of each bin.</param>
    /// <param name="binFactors">Inverse width of each bin.</param>
    public ManagedBinEncoder(float[] centers, float[] factors, int[] binFeatures, float[] binStarts, float[] binFactors)
    {
        _halfCenters = Array.ConvertAll(centers, center => center * 0.5f);
        _factors = Array.ConvertAll(factors, factor => factor * 2);
        _binFeatures = binFeatures;
        _halfStarts = Array.ConvertAll(binStarts, start => start * 0.5f);
        _binFactors = Array.ConvertAll(binFactors, factor => factor * 2);
    }

    /// <summary>Length of the feature vector.</summary>
    public int FeatureCount => _halfCenters.Length;

    /// <summary>Length of an encoded row.</summary>
    public int Width => (2 * FeatureCount) + _binFeatures.Length;

    /// <summary>Encodes a row.</summary>
    /// <param name="features">Finite features.</param>
    /// <param name="encoded">Receives <see cref="Width"/> floats.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Encode(ReadOnlySpan<float> features, float* encoded)
    {
        int count = FeatureCount;
        float* tails = encoded + count;
        int i = 0;
        for (; i + Vector<float>.Count <= count; i += Vector<float>.Count)
        {
            Vector<float> scaled = Scale(new Vector<float>(features[i..]), new Vector<float>(_halfCenters, i), new Vector<float>(_factors, i));
            Clip(scaled).Store(encoded + i);
            Tails(scaled).Store(tails + i);
        }

        for (; i < count; i++)
        {
            Vector<float> scaled = Scale(new Vector<float>(features[i]), new Vector<float>(_halfCenters[i]), new Vector<float>(_factors[i]));
            encoded[i] = Clip(scaled)[0];
            tails[i] = Tails(scaled)[0];
        }

        float* bins = tails + count;
        for (int bin = 0; bin < _binFeatures.Length; bin++)
        {
            float through = ((features[_binFeatures[bin]] * 0.5f) - _halfStarts[bin]) * _binFactors[bin];
            bins[bin] = MathF.Min(MathF.Max(through, 0), 1) - 0.5f;
        }
    }

    private static Vector<float> Scale(Vector<float> features, Vector<float> halfCenters, Vector<float> factors)
    {
        var largest = new Vector<float>((float)FeatureEncoder.LargestScaled);
        return Vector.Min(Vector.Max(((features * 0.5f) - halfCenters) * factors, -largest), largest);
    }

    private static Vector<float> Clip(Vector<float> scaled)
    {
        Vector<float> folded = scaled / new Vector<float>((float)FeatureEncoder.ClipScale);
        return scaled / Vector.SquareRoot((folded * folded) + Vector<float>.One);
    }

    // asinh x = sign x · log(1 + (|x| + x² / (1 + √(1 + x²)))), whose argument loses nothing where x is small.
    private static Vector<float> Tails(Vector<float> scaled)
    {
        Vector<float> square = scaled * scaled;
        Vector<float> rise = Vector.Abs(scaled) + (square / (Vector<float>.One + Vector.SquareRoot(square + Vector<float>.One)));
        return Vector.CopySign(Vector.Log(Vector<float>.One + rise), scaled) / new Vector<float>((float)FeatureEncoder.ClipScale);
    }
}
