using Microsoft.ML.Implicit.Native;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>
/// Log-odds that labels are right, from those that models give which have not seen the rows. If a share ρ of labels is wrong, the two differ by a number that depends on ρ: a line,
/// whose offset and slope are tuned.
/// </summary>
internal static class LabelOdds
{
    /// <summary>Log-odds beyond it say no more.</summary>
    public const float Largest = 20;

    /// <summary>Example weights from 0 to 1, <c>[rows]</c>, with a graph to the line.</summary>
    /// <param name="agreement">Log-odds of models that have not seen the rows, <c>[rows]</c>.</param>
    /// <param name="offset">Of the line, <c>[1]</c>.</param>
    /// <param name="logSlope">Logarithm of its slope, <c>[1]</c>.</param>
    public static Tensor Weights(Tensor agreement, Tensor offset, Tensor logSlope) => ((agreement * logSlope.exp()).Plus(offset)).sigmoid();
}
