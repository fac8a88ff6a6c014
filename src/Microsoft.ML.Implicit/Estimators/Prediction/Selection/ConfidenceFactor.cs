using Microsoft.ML.Implicit.Numerics;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>
/// How sure of itself a classifier may be: the factor of its outputs that suits rows it was not trained on (Guo, Pleiss, Sun and Weinberger, "On Calibration of Modern Neural
/// Networks", 2017).
/// </summary>
internal static class ConfidenceFactor
{
    // Factors lie within e^±3; their logarithm is taken to be standard normal before any row is seen.
    private const double LargestLogFactor = 3;
    private const int SearchSteps = 40;

    /// <summary>Finds the most probable factor by a golden section: the loss is convex in it.</summary>
    /// <param name="rows">Number of rows.</param>
    /// <param name="meanLoss">Mean loss over them, in nats, with the outputs times a factor.</param>
    public static double Find(long rows, Func<double, double> meanLoss)
    {
        return Math.Exp(GoldenSection.Minimize(Improbability, -LargestLogFactor, LargestLogFactor, SearchSteps));

        double Improbability(double logFactor) => (rows * meanLoss(Math.Exp(logFactor))) + (logFactor * logFactor / 2);
    }
}
