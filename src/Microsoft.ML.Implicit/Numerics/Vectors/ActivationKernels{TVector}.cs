using System.Runtime.CompilerServices;

namespace Microsoft.ML.Implicit.Numerics;

/// <summary><see cref="VectorizedActivation"/> for vectors of one width, optimised from the first call since a single solve runs it thousands of times.</summary>
internal static unsafe class ActivationKernels<TVector>
    where TVector : unmanaged, ISingleVector<TVector>
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

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Tanh(float* values, int length)
    {
        int whole = length - (length % TVector.Count);
        for (int i = 0; i < whole; i += TVector.Count)
        {
            Tanh(TVector.Load(values + i)).Store(values + i);
        }

        if (whole == length)
        {
            return;
        }

        float* rest = stackalloc float[TVector.Count];
        for (int i = whole; i < length; i++)
        {
            rest[i - whole] = values[i];
        }

        Tanh(TVector.Load(rest)).Store(rest);
        for (int i = whole; i < length; i++)
        {
            values[i] = rest[i - whole];
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Silu(float* values, int length)
    {
        var half = TVector.Create(0.5f);
        for (int i = 0; i < length; i += TVector.Count)
        {
            TVector x = half * TVector.Load(values + i);
            TVector.FusedMultiplyAdd(x, Tanh(x), x).Store(values + i);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Softplus(float* values, int length)
    {
        for (int i = 0; i < length; i += TVector.Count)
        {
            TVector x = TVector.Load(values + i);
            TVector tail = TVector.Log(TVector.Create(1) + TVector.Exp(-TVector.Abs(x)));
            (TVector.Max(TVector.Create(0), x) + tail).Store(values + i);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Tanh(float* values, float* derivatives, int length)
    {
        for (int i = 0; i < length; i += TVector.Count)
        {
            TVector y = Tanh(TVector.Load(values + i));
            y.Store(values + i);
            TVector.FusedMultiplyAdd(-y, y, TVector.Create(1)).Store(derivatives + i);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Softplus(float* values, float* derivatives, int length)
    {
        for (int i = 0; i < length; i += TVector.Count)
        {
            TVector x = TVector.Load(values + i);
            TVector decay = TVector.Exp(-TVector.Abs(x));
            TVector sum = TVector.Create(1) + decay;
            (TVector.Max(TVector.Create(0), x) + TVector.Log(sum)).Store(values + i);
            (TVector.WherePositive(x, TVector.Create(1), decay) / sum).Store(derivatives + i);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void PullbackTanh(float* cotangent, float* derivativeCotangent, float* activated, float* derivative, int length)
    {
        var minusTwo = TVector.Create(-2f);
        for (int i = 0; i < length; i += TVector.Count)
        {
            TVector factor = minusTwo * TVector.Load(activated + i);
            TVector sum = TVector.FusedMultiplyAdd(factor, TVector.Load(derivativeCotangent + i), TVector.Load(cotangent + i));
            (sum * TVector.Load(derivative + i)).Store(cotangent + i);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void PullbackSoftplus(float* cotangent, float* derivativeCotangent, float* derivative, int length)
    {
        for (int i = 0; i < length; i += TVector.Count)
        {
            TVector d = TVector.Load(derivative + i);
            TVector sum = TVector.FusedMultiplyAdd(TVector.Create(1) - d, TVector.Load(derivativeCotangent + i), TVector.Load(cotangent + i));
            (sum * d).Store(cotangent + i);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void MultiplyByTanhDerivative(float* cotangent, float* activated, int length)
    {
        for (int i = 0; i < length; i += TVector.Count)
        {
            TVector y = TVector.Load(activated + i);
            (TVector.Load(cotangent + i) * TVector.FusedMultiplyAdd(-y, y, TVector.Create(1))).Store(cotangent + i);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void MultiplyBySoftplusDerivative(float* cotangent, float* activated, int length)
    {
        for (int i = 0; i < length; i += TVector.Count)
        {
            TVector derivative = TVector.Create(1) - TVector.Exp(-TVector.Load(activated + i));
            (TVector.Load(cotangent + i) * derivative).Store(cotangent + i);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector Tanh(TVector x)
    {
        x = TVector.Min(TVector.Create(Range), TVector.Max(TVector.Create(-Range), x));
        TVector s = x * x;
        TVector p = TVector.FusedMultiplyAdd(s, TVector.Create(P4), TVector.Create(P3));
        p = TVector.FusedMultiplyAdd(s, p, TVector.Create(P2));
        p = TVector.FusedMultiplyAdd(s, p, TVector.Create(P1));
        p = TVector.FusedMultiplyAdd(s, p, TVector.Create(P0));
        TVector q = TVector.FusedMultiplyAdd(s, TVector.Create(Q4), TVector.Create(Q3));
        q = TVector.FusedMultiplyAdd(s, q, TVector.Create(Q2));
        q = TVector.FusedMultiplyAdd(s, q, TVector.Create(Q1));
        q = TVector.FusedMultiplyAdd(s, q, TVector.Create(1));
        return x * p / q;
    }
}
