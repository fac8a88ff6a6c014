namespace Microsoft.ML.Implicit.Modelling.Curves.Starts;

/// <summary>
/// Fits the trend of a curve that oscillates by a share of it, as <c>a * exp(b * t) * (1 + A * sin(w * t + p))</c>: the curve whose factors of sines are zero. Beside a trend that
/// is far from the row's, no frequency shows.
/// </summary>
/// <param name="plan">What all rows have in common.</param>
/// <param name="tape">The curve at the row's points.</param>
/// <param name="row">The row.</param>
/// <param name="workspace">Room for derivatives.</param>
/// <param name="factors">Drawn parameters in which the curve is affine while all others are fixed.</param>
/// <param name="fit">Fits a curve from a start within lower and upper bounds; null where it is not finite.</param>
internal sealed class TrendFit(
    CurveFitPlan plan, CurveTape tape, CurveRow row, CurveWorkspace workspace, IReadOnlyList<int> factors, Func<double[], double[], double[], CancellationToken, double[]?> fit)
{
    private readonly double[] _trial = new double[plan.Curve.Parameters.Count];

    /// <summary>Fits the trend.</summary>
    /// <param name="cancellationToken">Looked at in every draw, and handed to the fit.</param>
    /// <returns>A start with the trend's parameters and all others drawn; null where no draw is finite.</returns>
    public double[]? Find(CancellationToken cancellationToken)
    {
        double least = double.PositiveInfinity;
        double[] best = new double[_trial.Length];
        for (int draw = 0; draw < plan.Starts.Count; draw++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            plan.Starts.Draw(draw, row, _trial);
            foreach (int factor in factors)
            {
                _trial[factor] = 0;
            }

            plan.Starts.Solve(tape, row, _trial, workspace);
            double loss = Loss();
            if (loss < least)
            {
                least = loss;
                _trial.CopyTo(best, 0);
            }
        }

        double[] lower = [.. plan.Lower], upper = [.. plan.Upper];
        foreach (int factor in factors)
        {
            lower[factor] = upper[factor] = 0;
        }

        if (!double.IsFinite(least) || fit(best, lower, upper, cancellationToken) is not { } trend)
        {
            return null;
        }

        plan.Starts.Draw(0, row, _trial);
        foreach (int factor in factors)
        {
            trend[factor] = _trial[factor];
        }

        return trend;
    }

    private double Loss()
    {
        Span<double> residuals = workspace.Residuals(row.Count);
        row.Residuals(tape.Evaluate(_trial), residuals);
        return plan.Options.Loss.Convex.Total(residuals);
    }
}
