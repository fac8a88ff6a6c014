using System.Globalization;
using Microsoft.ML.Implicit.Solvers.Ode.Rowwise;

namespace Microsoft.ML.Implicit.Solvers.Ode;

/// <summary>Explains a failed solve.</summary>
internal static class SolveFailure
{
    /// <exception cref="SolveFailedException">A row was not solved to the last time.</exception>
    public static void ThrowIfAny(OdeSolution solution)
    {
        for (int row = 0; row < solution.Status.Count; row++)
        {
            SolveStatus status = solution.Status[row];
            if (status != SolveStatus.Converged)
            {
                string reached = solution.Times[solution.ReachedTimes - 1].ToString(CultureInfo.InvariantCulture);
                throw new SolveFailedException($"The differential equation was solved up to time {reached} only. {Explain(status, row)}", status, row);
            }
        }
    }

    /// <exception cref="SolveFailedException">A row was not solved to its last time.</exception>
    public static void ThrowIfAny(OdeRowSolution solution)
    {
        for (int row = 0; row < solution.Status.Count; row++)
        {
            if (solution.Status[row] != SolveStatus.Converged)
            {
                throw new SolveFailedException($"The differential equation was not solved to the last time. {Explain(solution.Status[row], row)}", solution.Status[row], row);
            }
        }
    }

    private static string Explain(SolveStatus status, int row) => status switch
    {
        SolveStatus.MaximumIterations => $"Row {row} took the largest number of steps allowed: raise {nameof(OdeOptions.MaximumSteps)}, loosen the tolerances, or use an implicit method if the problem is stiff.",
        SolveStatus.StepUnderflow => $"Row {row} needs steps shorter than the floating-point type resolves: use float64, loosen the tolerances, or check the dynamics for a singularity.",
        SolveStatus.Diverged => $"Row {row} stopped being finite: check the dynamics and the scale of its input.",
        SolveStatus.InvalidInput => $"Row {row} of the initial state is not finite.",
        _ => $"Row {row} ended with {status}.",
    };
}
