using Microsoft.ML.Implicit.Solvers;

namespace Microsoft.ML.Implicit.Modelling.Curves;

/// <summary>A curve fitted to the points of one row.</summary>
/// <param name="Parameters">The best parameters found, in the order of <see cref="Curve.Parameters"/>; NaN where there was nothing to fit.</param>
/// <param name="Covariance">
/// Their asymptotic covariances, row by row; NaN where the points do not determine the parameters, without degrees of freedom or where a robust loss is not convex at the residuals, and zero for a parameter that a bound holds. With a robust loss it is Huber's (1981, equation 6.5).
/// </param>
/// <param name="ResidualDeviation">Standard deviation of the weighted residuals, with as many degrees of freedom as there are more points than parameters; NaN without any.</param>
/// <param name="Loss">Sum of the losses of the weighted residuals, which is half of their squares for least squares.</param>
/// <param name="Points">Number of points that were fitted.</param>
/// <param name="Iterations">Steps tried from the best start.</param>
/// <param name="Status">
/// Converged; <see cref="SolveStatus.Singular"/> where the points do not determine the parameters, also where only the last digits of the values do, or a step between two points is
/// too steep for its rate to be told;
/// <see cref="SolveStatus.OutOfRange"/> where parameters or covariances are no floating-point numbers, as factors of exponentials at times far from zero;
/// <see cref="SolveStatus.MaximumIterations"/>;
/// <see cref="SolveStatus.StepUnderflow"/> where rounding kept it from the optimum; <see cref="SolveStatus.Diverged"/> where the curve is not finite at any start;
/// <see cref="SolveStatus.InvalidInput"/> for infinite values, negative weights, or no point at all.
/// </param>
public sealed record CurveEstimate(double[] Parameters, double[] Covariance, double ResidualDeviation, double Loss, int Points, int Iterations, SolveStatus Status)
{
    /// <summary>Standard errors of the parameters: roots of the covariance's diagonal.</summary>
    public double[] StandardErrors => [.. Parameters.Select((_, i) => Math.Sqrt(Covariance[(i * Parameters.Length) + i]))];

    /// <summary>The estimate of a row without one.</summary>
    internal static CurveEstimate Missing(int parameters, int points, SolveStatus status)
    {
        double[] values = new double[parameters], covariance = new double[parameters * parameters];
        Array.Fill(values, double.NaN);
        Array.Fill(covariance, double.NaN);
        return new CurveEstimate(values, covariance, double.NaN, double.NaN, points, 0, status);
    }
}
