using System.Numerics;
using System.Runtime.CompilerServices;

namespace Microsoft.ML.Implicit.Numerics;

/// <summary>Activations in float32 on whole vectors, optimised from the first call since a single solve runs them thousands of times.</summary>
internal static unsafe class VectorizedActivation
{
    // tanh x ≈ x P(x²) / Q(x²) on |x| ≤ 9, beyond which tanh rounds to ±1. The coefficients minimise the relative error
    // (2.1e-8 before rounding); evaluated in float32 the relative error stays below 3e-7.
    private const float Range = 9f;
    private const float P0 = 0.9999999794427011f;
    private const float P1 = 0.13381015981711403f;
    private const float P2 = 0.003495576806913269f;
    private const float P3 = 2.06089025139702e-05f;
    private const float P4 = 1.3354425683877634e-08f;
    private const float Q1 = 0.46714331568087936f;
    private const float Q2 = 0.025876938739240768f;
    private const float Q3 = 0.00032856165779112496f;
    private const float Q4 = 7.776458904952822e-07f;

    /// <summary>Replaces x by tanh x. NaN stays NaN.</summary>
    /// <param name="values">Values.</param>
    /// <param name="length">Their number.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Tanh(float* values, int length)
    {
        int i = 0;
        for (; i + Vector<float>.Count <= length; i += Vector<float>.Count)
        {
            Tanh(Vector.Load(values + i)).Store(values + i);
        }

        for (; i < length; i++)
        {
            values[i] = Tanh(new Vector<float>(values[i]))[0];
        }
    }

    /// <summary>Replaces x by x σ(x) = x (1 + tanh(x / 2)) / 2.</summary>
    /// <param name="values">Values.</param>
    /// <param name="length">Their number, a multiple of the vector's width.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Silu(float* values, int length)
    {
        var half = new Vector<float>(0.5f);
        for (int i = 0; i < length; i += Vector<float>.Count)
        {
            Vector<float> x = half * Vector.Load(values + i);
            Vector.FusedMultiplyAdd(x, Tanh(x), x).Store(values + i);
        }
    }

    /// <summary>Replaces x by log(1 + eˣ) = max(x, 0) + log(1 + e^-|x|).</summary>
    /// <param name="values">Values.</param>
    /// <param name="length">Their number, a multiple of the vector's width.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Softplus(float* values, int length)
    {
        for (int i = 0; i < length; i += Vector<float>.Count)
        {
            Vector<float> x = Vector.Load(values + i);
            Vector<float> tail = Vector.Log(Vector<float>.One + Vector.Exp(-Vector.Abs(x)));
            (Vector.Max(x, Vector<float>.Zero) + tail).Store(values + i);
        }
    }

    /// <summary>Replaces x by tanh x, and stores tanh' = 1 - tanh² beside it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    public static void Tanh(float* values, float* derivatives, int length)
    {
        for (int i = 0; i < length; i += Vector<float>.Count)
        {
            Vector<float> y = Tanh(Vector.Load(values + i));
            y.Store(values + i);
            Vector.FusedMultiplyAdd(-y, y, Vector<float>.One).Store(derivatives + i);
        }
    }

    /// <summary>Replaces x by softplus x, and stores softplus' = 1 / (1 + e⁻ˣ) beside it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Softplus(float* values, float* derivatives, int length)
    {
        for (int i = 0; i < length; i += Vector<float>.Count)
        {
            Vector<float> x = Vector.Load(values + i);
            Vector<float> decay = Vector.Exp(-Vector.Abs(x));
            Vector<float> sum = Vector<float>.One + decay;
            (Vector.Max(x, Vector<float>.Zero) + Vector.Log(sum)).Store(values + i);
            (Vector.ConditionalSelect(Vector.GreaterThan(x, Vector<float>.Zero), Vector<float>.One, decay) / sum).Store(derivatives + i);
        }
    }

    /// <summary>Replaces ȳ by ȳσ' + d̄σ'' for y = tanh x and d = σ', whose derivative σ'' is -2yd.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void PullbackTanh(float* cotangent, float* derivativeCotangent, float* activated, float* derivative, int length)
    {
        var minusTwo = new Vector<float>(-2f);
        for (int i = 0; i < length; i += Vector<float>.Count)
        {
            Vector<float> factor = minusTwo * Vector.Load(activated + i);
            Vector<float> sum = Vector.FusedMultiplyAdd(factor, Vector.Load(derivativeCotangent + i), Vector.Load(cotangent + i));
            (sum * Vector.Load(derivative + i)).Store(cotangent + i);
        }
    }

    /// <summary>Replaces ȳ by ȳσ' + d̄σ'' for y = softplus x and d = σ', whose derivative σ'' is d(1 - d).</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void PullbackSoftplus(float* cotangent, float* derivativeCotangent, float* derivative, int length)
    {
        for (int i = 0; i < length; i += Vector<float>.Count)
        {
            Vector<float> d = Vector.Load(derivative + i);
            Vector<float> sum = Vector.FusedMultiplyAdd(Vector<float>.One - d, Vector.Load(derivativeCotangent + i), Vector.Load(cotangent + i));
            (sum * d).Store(cotangent + i);
        }
    }

    /// <summary>Multiplies a cotangent by tanh', given y = tanh x: 1 - y².</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void MultiplyByTanhDerivative(float* cotangent, float* activated, int length)
    {
        for (int i = 0; i < length; i += Vector<float>.Count)
        {
            Vector<float> y = Vector.Load(activated + i);
            (Vector.Load(cotangent + i) * Vector.FusedMultiplyAdd(-y, y, Vector<float>.One)).Store(cotangent + i);
        }
    }

    /// <summary>Multiplies a cotangent by softplus', given y = softplus x: 1 - e⁻ʸ.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void MultiplyBySoftplusDerivative(float* cotangent, float* activated, int length)
    {
        for (int i = 0; i < length; i += Vector<float>.Count)
        {
            Vector<float> derivative = Vector<float>.One - Vector.Exp(-Vector.Load(activated + i));
            (Vector.Load(cotangent + i) * derivative).Store(cotangent + i);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector<float> Tanh(Vector<float> x)
    {
        x = Vector.Min(Vector.Max(x, new Vector<float>(-Range)), new Vector<float>(Range));
        Vector<float> s = x * x;
        Vector<float> p = Vector.FusedMultiplyAdd(s, new Vector<float>(P4), new Vector<float>(P3));
        p = Vector.FusedMultiplyAdd(s, p, new Vector<float>(P2));
        p = Vector.FusedMultiplyAdd(s, p, new Vector<float>(P1));
        p = Vector.FusedMultiplyAdd(s, p, new Vector<float>(P0));
        Vector<float> q = Vector.FusedMultiplyAdd(s, new Vector<float>(Q4), new Vector<float>(Q3));
        q = Vector.FusedMultiplyAdd(s, q, new Vector<float>(Q2));
        q = Vector.FusedMultiplyAdd(s, q, new Vector<float>(Q1));
        q = Vector.FusedMultiplyAdd(s, q, Vector<float>.One);
        return x * p / q;
    }
}
