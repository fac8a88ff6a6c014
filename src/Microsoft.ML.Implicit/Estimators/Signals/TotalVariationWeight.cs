using Microsoft.ML.Implicit.Numerics;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Learns the weight at which smoothed signals come nearest to those without noise.</summary>
internal static class TotalVariationWeight
{
    private const int GridPoints = 33;
    private const int Refinements = 40;

    // As many times the typical step between neighbours: from no smoothing to one piece for most signals.
    private const double Least = 1e-3;
    private const double Greatest = 1e4;

    /// <param name="pairs">Finite signals and their targets, NaN where there is none.</param>
    public static double Learn(IReadOnlyList<(double[] Signal, double[] Target)> pairs)
    {
        double step = pairs.SelectMany(pair => pair.Signal.Zip(pair.Signal.Skip(1), (a, b) => Math.Abs(b - a))).DefaultIfEmpty().Average();
        if (step == 0 || Error(pairs, 0) == 0)
        {
            return 0;
        }

        // The error has few minima in the logarithm of the weight: the best of a grid, then golden sections around it.
        double width = Math.Log(Greatest / Least) / (GridPoints - 1);
        double best = Enumerable.Range(0, GridPoints).Select(i => Math.Log(Least * step) + (i * width)).MinBy(point => Error(pairs, Math.Exp(point)));
        double weight = Math.Exp(GoldenSection.Minimize(point => Error(pairs, Math.Exp(point)), best - width, best + width, Refinements));
        return Error(pairs, weight) < Error(pairs, 0) ? weight : 0;
    }

    private static double Error(IReadOnlyList<(double[] Signal, double[] Target)> pairs, double weight)
    {
        var function = new TotalVariationFunction(weight);
        double[] errors = new double[pairs.Count];
        Parallel.For(0, pairs.Count, row => errors[row] = function.Evaluate(pairs[row].Signal)
            .Zip(pairs[row].Target, (value, target) => double.IsFinite(target) ? (value - target) * (value - target) : 0).Sum());
        return errors.Sum();
    }
}
