namespace Microsoft.ML.Implicit.Solvers.Ode;

/// <summary>The state of an <see cref="AdaptiveStepControl"/> along one solve.</summary>
public abstract class StepSizeController
{
    /// <summary>Factor on the step size after an accepted step.</summary>
    /// <param name="weightedError">Weighted error e ≤ 1 of the step.</param>
    /// <returns>The factor, greater than zero.</returns>
    public abstract double Accept(double weightedError);

    /// <summary>Factor on the step size after a rejected step.</summary>
    /// <param name="weightedError">Weighted error e > 1 of the step, NaN or infinite where the step could not be computed.</param>
    /// <returns>The factor, between zero and one.</returns>
    public abstract double Reject(double weightedError);

    /// <summary>The size after an accepted step.</summary>
    /// <exception cref="InvalidOperationException">The factor is not greater than zero.</exception>
    internal double AfterAccepted(double size, double error) => Math.Abs(size) * Checked(Accept(error), double.PositiveInfinity);

    /// <summary>The size after a rejected step.</summary>
    /// <exception cref="InvalidOperationException">The factor does not lie between zero and one.</exception>
    internal double AfterRejected(double size, double error) => Math.Abs(size) * Checked(Reject(error), 1);

    private double Checked(double factor, double limit) => factor > 0 && factor < limit
        ? factor
        : throw new InvalidOperationException($"{GetType().Name} changed the step size by the factor {factor}; it must lie between 0 and {limit}.");
}
