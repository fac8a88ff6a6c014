using Microsoft.ML.Implicit.Onnx;

namespace Microsoft.ML.Implicit.Estimators;

/// <content>The distribution within an ONNX file.</content>
internal sealed partial class ScoreDistribution
{
    /// <summary>The shares of <see cref="ShareUpTo(double)"/>, float64 [rows, 1].</summary>
    /// <param name="scores">float64 [rows, 1].</param>
    public OnnxValue ShareUpTo(OnnxValue scores)
    {
        OnnxValue last = scores.Graph.Number(_knots[^1], OnnxType.Double), zero = scores.Graph.Number(0, OnnxType.Double);
        OnnxValue excess = (scores - last).Maximum(zero);
        OnnxValue beyond = _meanExcess == 0 ? (excess > 0).Where(excess * 0, (excess * 0) + (1 - _shares[^1])) : (-(excess / _meanExcess)).Exp() * (1 - _shares[^1]);
        OnnxValue share = 1 - beyond;
        if (_knots.Length > 1)
        {
            // What the share is short of at the last knot: the sum of what each piece adds above the score.
            double[] widths = [.. _knots.Zip(_knots.Skip(1), (from, to) => to - from)];
            double[] slopes = [.. _shares.Zip(_shares.Skip(1), (from, to) => to - from).Zip(widths, (rise, width) => rise / width)];
            OnnxValue ends = scores.Graph.Constant(_knots[1..], OnnxType.Double, 1, widths.Length);
            OnnxValue missing = (ends - scores).Maximum(zero).Minimum(scores.Graph.Constant(widths, OnnxType.Double, 1, widths.Length));
            share -= missing.MatrixProduct(scores.Graph.Constant(slopes, OnnxType.Double, slopes.Length, 1));
        }

        share = (scores < _knots[0]).Where(share * 0, share);
        return scores.IsNaN().Where(scores, share);
    }
}
