using Microsoft.ML.Implicit.Numerics;

namespace Microsoft.ML.Implicit.Layers.Equilibrium.Managed;

/// <summary>A code y of inputs x, mostly zeros, of which an affine map of the inputs is an affine map too.</summary>
internal abstract class InputCode
{
    /// <summary>Numbers of a code that <see cref="CodedRows"/> keep one by one.</summary>
    public abstract int LeadingWidth { get; }

    /// <summary>C and d for which y C + d = x W + b.</summary>
    /// <param name="weight">W, row-major, <c>[inputs, outputs]</c>.</param>
    /// <param name="bias">b, <c>[outputs]</c>.</param>
    /// <returns>C, row-major, <c>[codes, outputs]</c>, and d.</returns>
    public abstract (float[] Weight, float[] Bias) Recode(ReadOnlySpan<float> weight, ReadOnlySpan<float> bias);
}
