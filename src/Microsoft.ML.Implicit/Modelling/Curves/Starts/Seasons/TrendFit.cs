namespace Microsoft.ML.Implicit.Modelling.Curves.Starts.Seasons;

/// <summary>Fits the trend of a curve that oscillates: the curve whose sines' amplitudes are zero. Beside a trend that is far from the row's, no frequency shows.</summary>
/// <param name="plan">What all rows have in common.</param>
/// <param name="row">The row.</param>
/// <param name="projection">Solves for the parameters in which the curve is affine.</param>
/// <param name="fit">Fits a curve from a start, at which some parameters stay; null where it is not finite.</param>
internal sealed class TrendFit(CurveFitPlan plan, CurveRow row, TangentProjection projection, Func<double[], IReadOnlyList<int>, CancellationToken, double[]?> fit)
{
    private readonly double[] _trial = new double[plan.Curve.Parameters.Count];

    /// <summary>Fits the trend.</summary>
    /// <param name="amplitudes">The sines' amplitudes.</param>
    /// <param name="cancellationToken">Looked at in every draw, and handed to the fit.</param>
    /// <returns>A start with the trend's parameters, amplitudes of zero, and all others drawn; null where no draw is finite.</returns>
    public double[]? Find(int[] amplitudes, CancellationToken cancellationToken)
    {
        int[] affine = [.. plan.Starts.Solved.Except(amplitudes)];
        double least = double.PositiveInfinity;
        double[] best = new double[_trial.Length], roots = projection.Trust();
        for (int draw = 0; draw < plan.Starts.Count; draw++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            plan.Starts.Draw(draw, row, _trial);
            Array.ForEach(amplitudes, amplitude => _trial[amplitude] = 0);
            if (row.Count >= affine.Length)
            {
                projection.Move(_trial, affine, row.Values, roots);
            }

            double loss = projection.Loss(_trial);
            if (loss < least)
            {
                least = loss;
                _trial.CopyTo(best, 0);
            }
        }

        return double.IsFinite(least) ? fit(best, amplitudes, cancellationToken) : null;
    }
}
