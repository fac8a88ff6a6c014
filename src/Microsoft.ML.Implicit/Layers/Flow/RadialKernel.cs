using Microsoft.ML.Implicit.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Layers.Flow;

/// <summary>
/// The log density, but for a constant, of vectors whose direction is uniform: standard normal ones, or those of Student's t distribution of several
/// dimensions, whose density falls as a power of the length (Kotz and Nadarajah, Multivariate t distributions and their applications, 2004).
/// </summary>
/// <param name="Dimension">Length of a vector.</param>
/// <param name="DegreesOfFreedom">Of Student's t; <see langword="null"/> for normal vectors.</param>
internal readonly record struct RadialKernel(int Dimension, int? DegreesOfFreedom = null)
{
    /// <summary>Log of the integral of the kernel over all vectors.</summary>
    public double LogNormalization => DegreesOfFreedom is { } degrees
        ? LogGammaOfHalf(degrees) - LogGammaOfHalf(degrees + Dimension) + (0.5 * Dimension * Math.Log(degrees * Math.PI))
        : 0.5 * Dimension * Math.Log(Math.Tau);

    /// <summary>log Γ(n/2): it follows from Γ(1/2) = √π or Γ(1) = 1.</summary>
    public static double LogGammaOfHalf(int n)
    {
        double logGamma = n % 2 == 0 ? 0 : 0.5 * Math.Log(Math.PI);
        for (double x = n % 2 == 0 ? 1 : 0.5; x < n / 2.0; x++)
        {
            logGamma += Math.Log(x);
        }

        return logGamma;
    }

    /// <summary>The kernel's log at vectors of given squared length.</summary>
    public double Log(double square) => DegreesOfFreedom is { } degrees ? -0.5 * (degrees + Dimension) * double.LogP1(square / degrees) : -0.5 * square;

    /// <inheritdoc cref="Log(double)"/>
    public Tensor Log(Tensor square) => DegreesOfFreedom is { } degrees
        ? (square / degrees.Held()).log1p().mul_((-0.5 * (degrees + Dimension)).Held())
        : square * (-0.5).Held();

    /// <summary>What vectors are to be multiplied by to be the gradients of the kernel's log, negated.</summary>
    public Tensor Pull(Tensor square) => DegreesOfFreedom is { } degrees
        ? ((double)(degrees + Dimension)).Held() / square.Plus(degrees.Held())
        : ones_like(square);

    /// <summary>Draws vectors, [count, width] on the generator's device, of which the first coordinates have this distribution and the directions of others are uniform.</summary>
    public Tensor Draw(long count, long width, ScalarType type, Generator generator)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor normal = randn([count, width], type, generator.device, generator: generator);
        if (DegreesOfFreedom is { } degrees)
        {
            Tensor chiSquare = randn([count, degrees], type, generator.device, generator: generator).Squared().sum(1, keepdim: true);
            normal *= (chiSquare / degrees.Held()).rsqrt();
        }

        return normal.MoveToOuterDisposeScope();
    }
}
