using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Solvers.Ode.Stepping;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Ode.Rowwise;

/// <summary>Solves initial value problems whose rows step independently, each through times of its own.</summary>
/// <remarks>
/// It pays where rows differ in stiffness or in times: a row neither waits for nor suffers from another. Where rows are
/// alike, <see cref="OdeSolver"/> does less work a step.
/// </remarks>
/// <example><code>
/// using OdeRowSolution rows = RowwiseOdeSolver.Solve(new AutogradOdeTerm(new Fall()), start, [[0, 0.1], [0, 0.2]]);
/// </code></example>
public static class RowwiseOdeSolver
{
    /// <summary>Solves each row with step sizes of its own.</summary>
    /// <param name="term">Right-hand side f, whose rows do not depend on one another.</param>
    /// <param name="initialState">z₀, <c>[batch, ...]</c>, float32 or float64.</param>
    /// <param name="times">
    /// For each row its start and the times at which its state is wanted, increasing or decreasing, all rows the same
    /// number of them. Equal neighbours are allowed, so that shorter grids can be filled up with their last time.
    /// </param>
    /// <param name="options">An explicit Runge-Kutta method and step control; <see langword="null"/> for the defaults.</param>
    /// <param name="differentiable">Whether <see cref="OdeRowSolution.Backward"/> will be called.</param>
    /// <param name="stopEvent">Stops a row where its function crosses zero; output times after that are not reached.</param>
    /// <returns>States at all times, with status and statistics for each row. The caller disposes it.</returns>
    /// <exception cref="ArgumentException">The state's type or shape, the times or the options are not valid.</exception>
    /// <exception cref="SolveFailedException">A row could not be solved and <see cref="OdeOptions.ThrowOnFailure"/> is set.</exception>
    /// <exception cref="OperationCanceledException">The options' token was cancelled.</exception>
    public static OdeRowSolution Solve(IRowTimeOdeTerm term, Tensor initialState, IReadOnlyList<double[]> times, OdeOptions? options = null, bool differentiable = false, OdeEvent? stopEvent = null)
    {
        ArgumentNullException.ThrowIfNull(term);
        ArgumentNullException.ThrowIfNull(initialState);
        ArgumentNullException.ThrowIfNull(times);
        NativeBackend.EnsureLoaded();
        options ??= new OdeOptions();
        options.Validate();
        OdeArguments.ValidateState(initialState);
        OdeArguments.ValidateRowTimes(initialState, times);
        if (options.Method is not ExplicitRungeKutta)
        {
            throw new ArgumentException($"Rows step independently with explicit Runge-Kutta methods only, not with {options.Method.Name}.", nameof(options));
        }

        OdeRowSolution solution = Run(term, initialState, [.. times], options, differentiable, stopEvent);
        if (options.ThrowOnFailure == true && !solution.Converged)
        {
            using (solution)
            {
                SolveFailure.ThrowIfAny(solution);
            }
        }

        return solution;
    }

    private static OdeRowSolution Run(IRowTimeOdeTerm term, Tensor initialState, double[][] times, OdeOptions options, bool differentiable, OdeEvent? stopEvent)
    {
        using IDisposable noGrad = no_grad();
        using DisposeScope scope = NewDisposeScope();
        Tensor start = initialState.detach().contiguous();
        bool[] invalid = FiniteRows.FindNotFinite(start);
        Tensor flat = start.view(start.shape[0], -1).nan_to_num(0, 0, 0);
        int count = times[0].Length;
        Tensor outputs = full([stopEvent is null ? count : count + 1, .. flat.shape], double.NaN.Held(), start.dtype, start.device);
        Tensor known = outputs.narrow(0, 0, count);
        known.copy_(where(RowTimes.EqualFirst(times, flat.device), flat, known));
        RowwiseTrace? trace = differentiable ? new RowwiseTrace(options.MaximumCheckpoints) : null;
        try
        {
            using var stepper = new RowStepper(term, (ExplicitRungeKutta)options.Method, start);
            var integrator = new RowwiseIntegrator(stepper, times, options, outputs, trace, stopEvent);
            integrator.Run(flat);
            Tensor all = outputs.view([outputs.shape[0], .. start.shape]);
            SolveStatus[] status = [.. integrator.Rows.Select(row => row.Status!.Value)];
            RowOutcome.MarkInvalid(all, invalid, status);
            Tensor states = all.narrow(0, 0, count);
            RowOutcome.MarkNotFinite(states[-1].contiguous(), status, row => !double.IsNaN(integrator.Rows[row].EventTime));
            OdeStatistics[] statistics = [.. integrator.Rows.Select(row => new OdeStatistics(stepper.Evaluations, row.AcceptedSteps, row.RejectedSteps))];
            return new OdeRowSolution(term, options, times, states.MoveToOuterDisposeScope(), status, statistics, trace)
            {
                EndTimes = [.. integrator.Rows.Select(row => row.Time)],
                Event = stopEvent,
                EventTimes = stopEvent is null ? null : [.. integrator.Rows.Select(row => row.EventTime)],
                EventStates = stopEvent is null ? null : all[count].MoveToOuterDisposeScope(),
            };
        }
        catch
        {
            trace?.Dispose();
            throw;
        }
    }
}
