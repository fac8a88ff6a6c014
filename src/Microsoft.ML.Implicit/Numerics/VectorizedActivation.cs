namespace Microsoft.ML.Implicit.Numerics;

/// <summary>Activations in float32 on whole vectors.</summary>
internal static unsafe class VectorizedActivation
{
    /// <summary>Replaces x by tanh x. NaN stays NaN.</summary>
    /// <param name="values">Values.</param>
    /// <param name="length">Their number.</param>
    public static void Tanh(float* values, int length)
    {
        if (Tile.IsWideVector)
        {
            ActivationKernels<WideVector>.Tanh(values, length);
        }
        else
        {
            ActivationKernels<UsualVector>.Tanh(values, length);
        }
    }

    /// <summary>Replaces x by x σ(x) = x (1 + tanh(x / 2)) / 2.</summary>
    /// <param name="values">Values.</param>
    /// <param name="length">Their number, a multiple of <see cref="Tile.Lanes"/>.</param>
    public static void Silu(float* values, int length)
    {
        if (Tile.IsWideVector)
        {
            ActivationKernels<WideVector>.Silu(values, length);
        }
        else
        {
            ActivationKernels<UsualVector>.Silu(values, length);
        }
    }

    /// <summary>Replaces x by log(1 + eˣ) = max(x, 0) + log(1 + e^-|x|).</summary>
    /// <param name="values">Values.</param>
    /// <param name="length">Their number, a multiple of <see cref="Tile.Lanes"/>.</param>
    public static void Softplus(float* values, int length)
    {
        if (Tile.IsWideVector)
        {
            ActivationKernels<WideVector>.Softplus(values, length);
        }
        else
        {
            ActivationKernels<UsualVector>.Softplus(values, length);
        }
    }

    /// <summary>Replaces x by tanh x, and stores tanh' = 1 - tanh² beside it.</summary>
    public static void Tanh(float* values, float* derivatives, int length)
    {
        if (Tile.IsWideVector)
        {
            ActivationKernels<WideVector>.Tanh(values, derivatives, length);
        }
        else
        {
            ActivationKernels<UsualVector>.Tanh(values, derivatives, length);
        }
    }

    /// <summary>Replaces x by softplus x, and stores softplus' = 1 / (1 + e⁻ˣ) beside it.</summary>
    public static void Softplus(float* values, float* derivatives, int length)
    {
        if (Tile.IsWideVector)
        {
            ActivationKernels<WideVector>.Softplus(values, derivatives, length);
        }
        else
        {
            ActivationKernels<UsualVector>.Softplus(values, derivatives, length);
        }
    }

    /// <summary>Replaces ȳ by ȳσ' + d̄σ'' for y = tanh x and d = σ', whose derivative σ'' is -2yd.</summary>
    public static void PullbackTanh(float* cotangent, float* derivativeCotangent, float* activated, float* derivative, int length)
    {
        if (Tile.IsWideVector)
        {
            ActivationKernels<WideVector>.PullbackTanh(cotangent, derivativeCotangent, activated, derivative, length);
        }
        else
        {
            ActivationKernels<UsualVector>.PullbackTanh(cotangent, derivativeCotangent, activated, derivative, length);
        }
    }

    /// <summary>Replaces ȳ by ȳσ' + d̄σ'' for y = softplus x and d = σ', whose derivative σ'' is d(1 - d).</summary>
    public static void PullbackSoftplus(float* cotangent, float* derivativeCotangent, float* derivative, int length)
    {
        if (Tile.IsWideVector)
        {
            ActivationKernels<WideVector>.PullbackSoftplus(cotangent, derivativeCotangent, derivative, length);
        }
        else
        {
            ActivationKernels<UsualVector>.PullbackSoftplus(cotangent, derivativeCotangent, derivative, length);
        }
    }

    /// <summary>Multiplies a cotangent by tanh', given y = tanh x: 1 - y².</summary>
    public static void MultiplyByTanhDerivative(float* cotangent, float* activated, int length)
    {
        if (Tile.IsWideVector)
        {
            ActivationKernels<WideVector>.MultiplyByTanhDerivative(cotangent, activated, length);
        }
        else
        {
            ActivationKernels<UsualVector>.MultiplyByTanhDerivative(cotangent, activated, length);
        }
    }

    /// <summary>Multiplies a cotangent by softplus', given y = softplus x: 1 - e⁻ʸ.</summary>
    public static void MultiplyBySoftplusDerivative(float* cotangent, float* activated, int length)
    {
        if (Tile.IsWideVector)
        {
            ActivationKernels<WideVector>.MultiplyBySoftplusDerivative(cotangent, activated, length);
        }
        else
        {
            ActivationKernels<UsualVector>.MultiplyBySoftplusDerivative(cotangent, activated, length);
        }
    }
}
