namespace Microsoft.ML.Implicit.Modelling.Curves.Starts.Seasons;

/// <summary>
/// Looks for the frequencies of two sines with one amplitude. Their product is a sum of two others, of the frequencies' sum and difference: one of these shows while the first sine
/// rests, and then the pairs that lead to it are scanned.
/// </summary>
/// <param name="plan">What all rows have in common.</param>
/// <param name="row">The row.</param>
/// <param name="periodogram">Finds the frequency that shows.</param>
internal sealed class ProductScan(CurveFitPlan plan, CurveRow row, Periodogram periodogram)
{
    // Turns that a sine at rest makes over the points.
    private const double Rest = 1e-3;

    /// <summary>Finds the best pair.</summary>
    /// <param name="first">The frequency of one sine.</param>
    /// <param name="second">That of the other.</param>
    /// <param name="start">All other parameters.</param>
    /// <param name="freedom">How many more points there are than parameters that <paramref name="judge"/> solves for.</param>
    /// <param name="judge">What is left of the squares at parameters.</param>
    /// <returns>A start with these frequencies; none where bounds allow none.</returns>
    public List<double[]> Best(SineFrequency[] first, SineFrequency[] second, double[] start, int freedom, Func<double[], double> judge)
    {
        (SineFrequency slow, SineFrequency fast) = (first[0], second[0]);
        List<double[]> shown = periodogram.Best(second, Pair(start, slow, Rest * slow.Turn, fast, fast.Reach), 1, freedom, judge);
        if (shown.Count == 0)
        {
            return [];
        }

        double least = double.PositiveInfinity, reach = fast.ReachAt(shown[0][fast.Parameter]), width = Periodogram.Step * slow.Turn, most = slow.Turn / 2 * (row.Count - 1);
        List<double[]> best = [];
        for (int step = 1; step <= Periodogram.MostSteps && step * width <= most; step++)
        {
            // The sum is a frequency, too, that regular times tell up to half a turn a point.
            foreach (double other in new[] { reach + (step * width), Math.Abs(reach - (step * width)), reach }.Where(other => other + (step * width) <= most))
            {
                double[] trial = Pair(start, slow, step * width, fast, other);
                double judged = plan.Allows(slow.Parameter, trial[slow.Parameter]) && plan.Allows(fast.Parameter, trial[fast.Parameter]) ? judge([.. trial]) : double.NaN;
                if (judged < least)
                {
                    (least, best) = (judged, [trial]);
                }
            }
        }

        return best;
    }

    private static double[] Pair(double[] start, SineFrequency first, double firstReach, SineFrequency second, double secondReach)
    {
        double[] pair = [.. start];
        (pair[first.Parameter], pair[second.Parameter]) = (first.ValueAt(firstReach), second.ValueAt(secondReach));
        return pair;
    }
}
