using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Microsoft.ML.Implicit.Layers.Equilibrium.Managed;
using Microsoft.ML.Implicit.Numerics;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary><see cref="BinEncoder"/> row by row in managed memory. Safe to use from several threads at once.</summary>
/// <remarks>
/// A feature lies beyond most of its bins or before them, so that how far it is through them, c₁, c₂, ..., cₙ, changes at one or two places. In
/// Σ cₖ Wₖ = Σ (cₖ - cₖ₊₁) Pₖ with Pₖ = W₁ + ... + Wₖ and cₙ₊₁ = 0 the other terms vanish: the code holds cₖ - cₖ₊₁.
/// </remarks>
internal sealed unsafe class ManagedBinEncoder : InputCode
{
    // As in the encoder, halves are subtracted, which cannot overflow.
    private readonly float[] _centers;
    private readonly float[] _halfCenters;
    private readonly float[] _factors;

    // Those of each feature in turn, in whole vectors.
    private readonly int[] _chunks;
    private readonly int[] _bins;
    private readonly float[] _halfStarts;
    private readonly float[] _binFactors;

    // Their inputs stand behind those of the bins.
    private readonly int _binCount;
    private readonly int[] _missing;

    // The indicators of each category, the first for what is missing or unknown, stand behind those, and here is where they start.
    private readonly int[] _indicators;

    /// <param name="centers">What becomes 0, a number a feature.</param>
    /// <param name="factors">Inverse of what becomes 1, a number a feature.</param>
    /// <param name="binFeatures">Feature of each bin.</param>
    /// <param name="binStarts">Start of each bin.</param>
    /// <param name="binFactors">Inverse width of each bin.</param>
    /// <param name="missing">Features that may be missing.</param>
    /// <param name="levels">Levels of each category behind the other features.</param>
    public ManagedBinEncoder(float[] centers, float[] factors, int[] binFeatures, float[] binStarts, float[] binFactors, int[] missing, IReadOnlyList<int> levels)
    {
        _centers = centers;
        _halfCenters = Array.ConvertAll(centers, center => center * 0.5f);
        _factors = Array.ConvertAll(factors, factor => factor * 2);
        ILookup<int, int> bins = Enumerable.Range(0, binFeatures.Length).ToLookup(bin => binFeatures[bin]);
        _chunks = new int[NumberCount + 1];
        for (int feature = 0; feature < NumberCount; feature++)
        {
            _chunks[feature + 1] = _chunks[feature] + ((bins[feature].Count() + Lanes - 1) / Lanes);
        }

        _bins = new int[_chunks[^1] * Lanes];
        Array.Fill(_bins, -1);
        for (int feature = 0; feature < NumberCount; feature++)
        {
            bins[feature].ToArray().CopyTo(_bins, _chunks[feature] * Lanes);
        }

        // No value comes to a bin that only fills a vector.
        _halfStarts = Array.ConvertAll(_bins, bin => bin < 0 ? float.PositiveInfinity : binStarts[bin] * 0.5f);
        _binFactors = Array.ConvertAll(_bins, bin => bin < 0 ? 1 : binFactors[bin] * 2);
        _binCount = binFeatures.Length;
        _missing = missing;
        _indicators = new int[levels.Count];
        int next = _bins.Length + missing.Length;
        for (int category = 0; category < levels.Count; category++)
        {
            _indicators[category] = next;
            next += levels[category] + 1;
        }
    }

    /// <summary>Length of the feature vector, places of categories included.</summary>
    public int FeatureCount => NumberCount + _indicators.Length;

    /// <inheritdoc/>
    public override int LeadingWidth => 2 * NumberCount;

    private int NumberCount => _halfCenters.Length;

    private static int Lanes => Vector256<float>.Count;

    /// <inheritdoc/>
    public override (float[] Weight, float[] Bias) Recode(ReadOnlySpan<float> weight, ReadOnlySpan<float> bias)
    {
        int outputs = bias.Length;
        float[] codes = new float[weight.Length + ((_bins.Length - _binCount) * outputs)];
        weight[..(LeadingWidth * outputs)].CopyTo(codes);
        weight[((LeadingWidth + _binCount) * outputs)..].CopyTo(codes.AsSpan((LeadingWidth + _bins.Length) * outputs));
        double[] constant = new double[outputs];
        double[] sum = new double[outputs];
        for (int feature = 0; feature < NumberCount; feature++)
        {
            Array.Clear(sum);
            for (int place = _chunks[feature] * Lanes; place < _chunks[feature + 1] * Lanes; place++)
            {
                ReadOnlySpan<float> row = _bins[place] < 0 ? [] : weight.Slice((LeadingWidth + _bins[place]) * outputs, outputs);
                for (int j = 0; j < row.Length; j++)
                {
                    sum[j] += row[j];
                    constant[j] -= row[j] / 2;
                    codes[((LeadingWidth + place) * outputs) + j] = (float)sum[j];
                }
            }
        }

        for (int j = 0; j < outputs; j++)
        {
            constant[j] += bias[j];
        }

        return (codes, Array.ConvertAll(constant, value => (float)value));
    }

    /// <summary>Encodes a row.</summary>
    /// <param name="features">Features, finite or missing where they may be; those that are missing are filled in.</param>
    /// <param name="rows">The row is added to them.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Encode(Span<float> features, CodedRows rows)
    {
        int count = NumberCount;
        float* encoded = rows.AddRow(_bins.Length + _missing.Length + _indicators.Length);
        FillMissing(features, rows);
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

        for (int feature = 0; feature < count; feature++)
        {
            AddBins(feature, features[feature] * 0.5f, rows);
        }

        for (int category = 0; category < _indicators.Length; category++)
        {
            rows.AddNonZero(_indicators[category] + (int)features[count + category], Vector256.CreateScalar(1f));
        }
    }

    private void FillMissing(Span<float> features, CodedRows rows)
    {
        for (int i = 0; i < _missing.Length; i++)
        {
            int feature = _missing[i];
            if (float.IsNaN(features[feature]))
            {
                features[feature] = _centers[feature];
                rows.AddNonZero(_bins.Length + i, Vector256.CreateScalar(1f));
            }
        }
    }

    // From the last bins to the first, which know those behind them.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void AddBins(int feature, float half, CodedRows rows)
    {
        Vector256<float> value = Vector256.Create(half);
        Vector256<float> behind = Vector256<float>.Zero;
        Vector256<float> isLast = Vector256.Create(0, 0, 0, 0, 0, 0, 0, -1).AsSingle();
        for (int chunk = _chunks[feature + 1] - 1; chunk >= _chunks[feature]; chunk--)
        {
            int place = chunk * Lanes;
            Vector256<float> through = (value - Vector256.LoadUnsafe(ref _halfStarts[place])) * Vector256.LoadUnsafe(ref _binFactors[place]);
            through = Vector256.Min(Vector256.Max(through, Vector256<float>.Zero), Vector256<float>.One);
            Vector256<float> next = Vector256.Shuffle(through, Vector256.Create(1, 2, 3, 4, 5, 6, 7, 0));
            rows.AddNonZero(place, through - Vector256.ConditionalSelect(isLast, behind, next));
            behind = Vector256.Shuffle(through, Vector256<int>.Zero);
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
