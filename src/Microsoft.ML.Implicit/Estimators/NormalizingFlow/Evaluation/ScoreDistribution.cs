using System.Numerics.Tensors;
using Microsoft.ML.Implicit.Persistence;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>
/// The distribution of training rows' scores: linear between some of their quantiles, and exponential beyond the last of these, as the excesses of
/// negative log densities of a normal distribution nearly are (Pickands, Statistical inference using extreme order statistics, 1975, with shape 0).
/// </summary>
internal sealed partial class ScoreDistribution
{
    /// <summary>Share of the rows below the tail.</summary>
    public const double Body = 0.95;

    private const int MaximumKnots = 129;

    // Increasing strictly, with the share of rows up to each.
    private readonly double[] _knots;
    private readonly double[] _shares;
    private readonly double _meanExcess;

    private ScoreDistribution(double[] knots, double[] shares, double meanExcess) => (_knots, _shares, _meanExcess) = (knots, shares, meanExcess);

    /// <param name="scores">Scores of training rows, at least one.</param>
    public static ScoreDistribution Create(ReadOnlySpan<float> scores)
    {
        float[] sorted = scores.ToArray();
        Array.Sort(sorted);
        int last = Math.Max(0, (int)Math.Ceiling(Body * sorted.Length) - 1);
        var knots = new List<double>();
        var shares = new List<double>();
        int count = Math.Min(MaximumKnots, last + 1);
        for (int k = 0; k < count; k++)
        {
            int place = count == 1 ? last : (int)((long)k * last / (count - 1));
            double share = (place + 1.0) / (sorted.Length + 1);
            if (knots.Count > 0 && sorted[place] == knots[^1])
            {
                shares[^1] = share;
                continue;
            }

            knots.Add(sorted[place]);
            shares.Add(share);
        }

        double excess = 0;
        foreach (float score in sorted.AsSpan(last))
        {
            excess += score - knots[^1];
        }

        return new ScoreDistribution([.. knots], [.. shares], excess / Math.Max(1, sorted.Length - last - 1));
    }

    /// <summary>The share of training rows whose score is at most the given one, from 0 to 1: 0 below all of them, NaN for NaN.</summary>
    public double ShareUpTo(double score)
    {
        if (!(score < _knots[^1]))
        {
            double excess = score - _knots[^1];
            return excess > 0 && _meanExcess == 0 ? 1 : 1 - ((1 - _shares[^1]) * Math.Exp(-(excess == 0 ? 0 : excess / _meanExcess)));
        }

        int above = Array.BinarySearch(_knots, score);
        above = above < 0 ? ~above : above + 1;
        if (above == 0)
        {
            return 0;
        }

        double fraction = (score - _knots[above - 1]) / (_knots[above] - _knots[above - 1]);
        return _shares[above - 1] + (fraction * (_shares[above] - _shares[above - 1]));
    }

    public void Write(DocumentWriter writer)
    {
        writer.Write("knots", _knots);
        writer.Write("shares", _shares);
        writer.Write("mean_excess", _meanExcess);
    }

    /// <exception cref="FormatException">The numbers are those of no distribution.</exception>
    public static ScoreDistribution Read(DocumentReader reader)
    {
        double[] knots = reader.Doubles("knots"), shares = reader.Doubles("shares");
        double meanExcess = reader.Double("mean_excess");
        bool isPossible = knots.Length > 0 && knots.Length == shares.Length && TensorPrimitives.IsFiniteAll<double>(knots) && IsRising(knots) && IsRising(shares)
            && shares[0] > 0 && shares[^1] < 1 && meanExcess is >= 0 and < double.PositiveInfinity;
        return isPossible ? new ScoreDistribution(knots, shares, meanExcess) : throw new FormatException("The model file holds an impossible distribution of scores.");
    }

    private static bool IsRising(double[] values) => values.Zip(values.Skip(1)).All(pair => pair.First < pair.Second);
}
