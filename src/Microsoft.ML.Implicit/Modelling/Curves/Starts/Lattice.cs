using Microsoft.ML.Implicit.Numerics;

namespace Microsoft.ML.Implicit.Modelling.Curves.Starts;

/// <summary>Numbers that lie whole steps apart, with gaps or without.</summary>
internal static class Lattice
{
    // The share of a step by which a number may miss the lattice.
    private const double Tolerance = 0.01;

    // Among more steps than these over all numbers, any number lies near one.
    private const double MostSteps = 1e6;

    /// <summary>The largest step of which all differences are multiples, or zero without one.</summary>
    public static double Step(ReadOnlySpan<double> numbers)
    {
        double[] sorted = numbers.ToArray();
        Array.Sort(sorted);
        double span = sorted[^1] - sorted[0], step = 0;
        double rounding = 64 * MachineEpsilon.Double * Math.Max(Math.Abs(sorted[0]), Math.Abs(sorted[^1])), least = Math.Max(rounding, span / MostSteps);
        for (int i = 1; i < sorted.Length; i++)
        {
            double difference = sorted[i] - sorted[i - 1];
            if (difference > least)
            {
                step = step == 0 ? difference : CommonDivisor(difference, step, least);
            }

            if (!(step > least) && difference > least)
            {
                return 0;
            }
        }

        if (step == 0)
        {
            return 0;
        }

        step = span / Math.Round(span / step);
        return Array.TrueForAll(sorted, number => Math.Abs(Math.IEEERemainder(number - sorted[0], step)) <= Tolerance * step) ? step : 0;
    }

    // Euclid's.
    private static double CommonDivisor(double larger, double smaller, double least)
    {
        while (smaller > least)
        {
            double rest = Math.Abs(Math.IEEERemainder(larger, smaller));
            if (rest <= Tolerance * smaller)
            {
                return smaller;
            }

            (larger, smaller) = (smaller, rest);
        }

        return 0;
    }
}
