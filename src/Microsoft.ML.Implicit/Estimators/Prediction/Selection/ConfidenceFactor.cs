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
        double ratio = (Math.Sqrt(5) - 1) / 2;
        double low = -LargestLogFactor, high = LargestLogFactor;
        double left = high - (ratio * (high - low)), right = low + (ratio * (high - low));
        double leftLoss = Improbability(left), rightLoss = Improbability(right);
        for (int step = 0; step < SearchSteps; step++)
        {
            if (leftLoss < rightLoss)
            {
                (high, right, rightLoss) = (right, left, leftLoss);
                left = high - (ratio * (high - low));
                leftLoss = Improbability(left);
            }
            else
            {
                (low, left, leftLoss) = (left, right, rightLoss);
                right = low + (ratio * (high - low));
                rightLoss = Improbability(right);
            }
        }

        return Math.Exp((low + high) / 2);

        double Improbability(double logFactor) => (rows * meanLoss(Math.Exp(logFactor))) + (logFactor * logFactor / 2);
    }
}
