using System.Globalization;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Ode.Stepping;

/// <summary>Explains a failed solve.</summary>
internal static class SolveFailure
{
    private const int RowsNamed = 10;

    /// <exception cref="SolveFailedException">A row was not solved to its last time.</exception>
    public static void ThrowIfAny(OdeSolution solution) => ThrowIfAny(solution.Status, row => EndTime(solution, row));

    /// <summary>Throws where a row was not solved and more is asked of it than it reached.</summary>
    /// <exception cref="SolveFailedException">There is such a row.</exception>
    public static void ThrowIfAny(OdeSolution solution, Func<int, bool> isAsked) =>
        ThrowIfAny([.. solution.Status.Select((status, row) => isAsked(row) ? status : SolveStatus.Converged)], row => EndTime(solution, row));

    /// <summary>Throws where gradients are not finite though the incoming gradient is: the backward pass of the right-hand side is wrong, or overflows.</summary>
    /// <param name="initialState">Gradient of the initial state, <c>[batch, ...]</c>.</param>
    /// <param name="parameters">Gradient of the parameters, flat.</param>
    /// <param name="incoming">Gradient of the states.</param>
    /// <param name="term">The right-hand side.</param>
    /// <exception cref="SolveFailedException">The gradients are not finite.</exception>
    public static void ThrowIfNotFinite(Tensor initialState, Tensor parameters, Tensor incoming, object term)
    {
        if (FiniteRows.AreFinite(initialState, parameters) || !FiniteRows.AreFinite(incoming))
        {
            return;
        }

        int row = Array.IndexOf(FiniteRows.FindNotFinite(initialState.contiguous()), true);
        string what = row < 0 ? "the parameters" : $"row {row} of the initial state";
        throw new SolveFailedException(
            $"The gradient of {what} is not finite, though the solution and the gradient that came in are: check the backward pass of {term} for NaN and overflow.", SolveStatus.Diverged, Math.Max(row, 0));
    }

    /// <summary>Throws where a row was not solved.</summary>
    /// <param name="status">How the solve ended, for each row.</param>
    /// <param name="endTime">Time that a row reached.</param>
    /// <exception cref="SolveFailedException">A row was not solved to its last time.</exception>
    public static void ThrowIfAny(IReadOnlyList<SolveStatus> status, Func<int, double> endTime)
    {
        int[] rows = [.. Enumerable.Range(0, status.Count).Where(row => status[row] != SolveStatus.Converged)];
        if (rows.Length > 0)
        {
            int first = rows[0];
            string others = rows.Length == 1 ? string.Empty : $" {rows.Length} of {status.Count} rows failed: {string.Join(", ", rows.Take(RowsNamed))}{(rows.Length > RowsNamed ? ", ..." : ".")}";
            string reached = endTime(first).ToString(CultureInfo.InvariantCulture);
            throw new SolveFailedException($"The differential equation was solved up to time {reached} only ({status[first]}). {Explain(status[first], first)}{others}", status[first], first);
        }
    }

    private static double EndTime(OdeSolution solution, int row) =>
        solution.Failures.TryGetValue(row, out RowFailure failure) ? failure.Time : solution.Clocks[solution.HasRowTimes ? row : 0].Time;

    private static string Explain(SolveStatus status, int row) => status switch
    {
        SolveStatus.MaximumIterations => $"Row {row} took the largest number of steps allowed: raise {nameof(OdeOptions.MaximumSteps)}, loosen the tolerances, or use an implicit method if the problem is stiff.",
        SolveStatus.StepUnderflow => $"Row {row} needs steps shorter than the floating-point type resolves: use float64, loosen the tolerances, or check the dynamics for a singularity.",
        SolveStatus.Diverged => $"Row {row} stopped being finite: check the dynamics and the scale of its input.",
        SolveStatus.InvalidInput => $"Row {row} of the initial state is not finite.",
        _ => $"Row {row} ended with {status}.",
    };
}
