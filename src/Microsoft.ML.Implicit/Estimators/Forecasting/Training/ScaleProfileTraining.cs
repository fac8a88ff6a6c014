using Microsoft.ML.Implicit.Data;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>
/// Learns at which times ahead errors are larger or smaller, in predicted scales, than on the whole: by the mean difference within a series, drawn to none by as much as it
/// varies between series (Efron and Morris, "Stein's estimation rule and its competitors", 1973). With few series each stretch takes the part of a series.
/// </summary>
internal static class ScaleProfileTraining
{
    // Halfway between two whole numbers of units. Times between two knots are parts of a unit.
    private const double FewestUnits = 4.5;

    // By how much ratios differ from one, from data set to data set.
    private const double UsualDeviation = 0.2;
    private const double SmallestRatio = 0.2;

    /// <param name="errors">Errors of held-out data.</param>
    /// <param name="variables">Number of variables.</param>
    /// <param name="countsSeries">Whether series are the units that vary, rather than stretches of time.</param>
    public static ScaleProfile Fit(IReadOnlyList<ScaledError> errors, int variables, bool countsSeries)
    {
        ILookup<int, ScaledError> byVariable = errors.ToLookup(error => error.Variable);
        return new ScaleProfile([.. Enumerable.Range(0, variables).Select(v => Ratios([.. byVariable[v].GroupBy(error => (error.Series, countsSeries ? 0 : error.Stretch)).Select(unit => new Unit(unit))]))]);
    }

    private static double[] Ratios(Unit[] units)
    {
        double mean = units.Select(unit => unit.Mean).DefaultIfEmpty(0).Average();
        return [.. Enumerable.Range(0, ScaleProfile.Knots.Length).Select(knot => mean > 0 ? Ratio([.. units.Where(unit => unit.Weights[knot] > 0)], knot, mean) : 1)];
    }

    private static double Ratio(Unit[] units, int knot, double mean)
    {
        // Units with little at a knot say little of it, and those with next to nothing, by the rounding of times, nothing.
        double total = units.Sum(unit => unit.Share(knot));
        if (!Durations.IsWithin(FewestUnits, total))
        {
            return 1;
        }

        double difference = units.Sum(unit => unit.Share(knot) * unit.Difference(knot)) / total;
        double variance = units.Sum(unit => Square(unit.Share(knot) * (unit.Difference(knot) - difference))) / (total * total);
        double reliability = UsualDeviation * UsualDeviation / ((UsualDeviation * UsualDeviation) + (variance / (mean * mean)));
        return Math.Max(SmallestRatio, 1 + (reliability * difference / mean));
    }

    private static double Square(double x) => x * x;

    /// <summary>Scaled errors of a series or stretch, on the whole and at each knot.</summary>
    private sealed class Unit
    {
        private readonly double[] _sums = new double[ScaleProfile.Knots.Length];

        public Unit(IEnumerable<ScaledError> errors)
        {
            foreach (ScaledError error in errors)
            {
                double score = Math.Abs(error.Error) / error.Scale;
                double[] weights = ScaleProfile.Weights(error.Place);
                for (int k = 0; k < weights.Length; k++)
                {
                    Weights[k] += weights[k];
                    _sums[k] += weights[k] * score;
                }
            }

            Mean = _sums.Sum() / Weights.Sum();
        }

        public double[] Weights { get; } = new double[ScaleProfile.Knots.Length];

        public double Mean { get; }

        public double Share(int knot) => Math.Min(1, Weights[knot]);

        public double Difference(int knot) => (_sums[knot] / Weights[knot]) - Mean;
    }
}
