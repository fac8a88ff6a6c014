using Microsoft.ML.Implicit.Native;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>
/// Log-odds that labels are right, from those that models give which have not seen the rows. If a share ρ of labels is wrong, the two differ by a number that depends on ρ: a line,
/// whose offset and slope are tuned.
/// </summary>
internal static class LabelOdds
{
    // Of a standard normal number.
    private const double MedianOfSquares = 0.4549364;

    /// <summary>Log-odds beyond it say no more.</summary>
    public const float Largest = 20;

    /// <summary>
    /// Log-odds of labels that are numbers: of a normal error against one of any size, up to a number that is the same for all rows. The variance is that of which half of the squares are
    /// below the median, so that gross errors do not pass for usual ones.
    /// </summary>
    /// <param name="squares">Squared errors of models that have not seen the rows, <c>[rows]</c>.</param>
    public static Tensor OfErrors(Tensor squares)
    {
        Tensor variance = (squares.median() / MedianOfSquares.Held()).clamp_min(float.Epsilon.Held());
        return 1.Held().Minus(squares / variance) * 0.5.Held();
    }

    /// <summary>Example weights from 0 to 1, <c>[rows]</c>, with a graph to the line.</summary>
    /// <param name="agreement">Log-odds of models that have not seen the rows, <c>[rows]</c>.</param>
    /// <param name="offset">Of the line, <c>[1]</c>.</param>
    /// <param name="logSlope">Logarithm of its slope, <c>[1]</c>.</param>
    public static Tensor Weights(Tensor agreement, Tensor offset, Tensor logSlope) => ((agreement * logSlope.exp()).Plus(offset)).sigmoid();
}
