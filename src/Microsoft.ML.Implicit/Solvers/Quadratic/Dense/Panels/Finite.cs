using System.Numerics.Tensors;

namespace Microsoft.ML.Implicit.Solvers.Quadratic.Dense.Panels;

/// <summary>Checks for NaN and infinities.</summary>
internal static class Finite
{
    /// <summary>Whether all values are finite, as those of an empty span are (the library method says otherwise).</summary>
    public static bool All(ReadOnlySpan<double> values) => values.IsEmpty || TensorPrimitives.IsFiniteAll(values);
}
