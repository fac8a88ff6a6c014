using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Solvers.Ode.Adjoints;
using Microsoft.ML.Implicit.Solvers.Ode.Common;
using Microsoft.ML.Implicit.Solvers.Ode.OneStep;
using Microsoft.ML.Implicit.Solvers.Ode.Rowwise;
using Microsoft.ML.Implicit.Solvers.Ode.Stepping;
using Microsoft.ML.Implicit.Solvers.Ode.Terms;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Ode;

/// <summary>Solves initial value problems dz/dt = f(t, z), z(t₀) = z₀ for a batch of rows.</summary>
/// <example>
/// A damped oscillator from two initial states, at three times:
/// <code>
/// sealed class Oscillator : IOdeTerm
/// {
///     public Tensor Evaluate(double time, Tensor state)
///     {
///         (Tensor position, Tensor velocity) = (state.narrow(1, 0, 1), state.narrow(1, 1, 1));
///         return torch.cat([velocity, -position - (0.1f * velocity)], 1);
///     }
/// }
///
/// Tensor start = torch.tensor(new[,] { { 1f, 0f }, { 0f, 2f } });
/// using OdeSolution solution = OdeSolver.Solve(new Oscillator(), start, [0, 1, 2], new OdeOptions { Method = OdeMethods.Tsit5 });
/// Tensor states = solution.States;      // [3, 2, 2]
/// </code>
/// <see cref="Layers.Ode.NeuralOde"/> solves within autograd, with dynamics that are learned.
/// </example>
public static class OdeSolver
{
    /// <summary>Solves with one step size common to all rows, which does the least work a step where rows are alike.</summary>
    /// <param name="term">Right-hand side f.</param>
    /// <param name="initialState">z₀, <c>[batch, ...]</c>, float32 or float64; there may be no rows.</param>
    /// <param name="times">
    /// t₀ and the times at which the state is wanted, strictly increasing, or strictly decreasing to solve backward in time.
    /// </param>
    /// <param name="options">Method, step control and gradient method; <see langword="null"/> for the defaults.</param>
    /// <param name="differentiable">Whether <see cref="OdeSolution.Backward"/> will be called; states at checkpoints are then kept.</param>
    /// <returns>States at all times, with status and statistics. The caller disposes it.</returns>
    /// <exception cref="ArgumentException">The state's type or shape, the times or the options are not valid.</exception>
    /// <exception cref="SolveFailedException">A row could not be solved and <see cref="OdeOptions.ThrowOnFailure"/> is set.</exception>
    /// <exception cref="OperationCanceledException">The options' token was cancelled.</exception>
    public static OdeSolution Solve(IOdeTerm term, Tensor initialState, ReadOnlySpan<double> times, OdeOptions? options = null, bool differentiable = false)
    {
        ArgumentNullException.ThrowIfNull(term);
        ArgumentNullException.ThrowIfNull(initialState);
        NativeBackend.EnsureLoaded();
        options ??= new OdeOptions();
        options.Validate();
        OdeArguments.Validate(initialState, times);
        if (differentiable && options is { GradientMethod: OdeGradientMethod.Backpropagation, Method: not ExplicitRungeKutta })
        {
            throw new ArgumentException($"Backpropagation through {options.Method.Name} is not available: use {nameof(OdeGradientMethod.CheckpointedAdjoint)}, which is as exact.", nameof(options));
        }

        if (differentiable && options is { GradientMethod: OdeGradientMethod.BacksolveAdjoint, Method: OneStepMethod { IsPartitioned: true } })
        {
            throw new ArgumentException($"The backsolve adjoint of {options.Method.Name} is not available: use {nameof(OdeGradientMethod.CheckpointedAdjoint)}.", nameof(options));
        }

        var extent = new StateExtent(initialState.shape[0], OdeArguments.Width(initialState));
        return RunOrThrow(new CommonSteps(term, extent), initialState, [times.ToArray()], options, differentiable);
    }

    /// <summary>
    /// Solves each row through times of its own with step sizes of its own. It pays where rows differ in stiffness or in times: a row neither
    /// waits for nor suffers from another.
    /// </summary>
    /// <param name="term">Right-hand side f, whose rows do not depend on one another.</param>
    /// <param name="initialState">z₀, <c>[batch, ...]</c>, float32 or float64.</param>
    /// <param name="times">
    /// For each row its start and the times at which its state is wanted, increasing or decreasing, all rows the same
    /// number of them. Equal neighbours are allowed, so that shorter grids can be filled up with their last time.
    /// </param>
    /// <param name="options">An explicit Runge-Kutta method and step control; <see langword="null"/> for the defaults. Gradients are those of the checkpointed adjoint.</param>
    /// <param name="differentiable">Whether <see cref="OdeSolution.Backward"/> will be called.</param>
    /// <param name="stopEvent">Stops a row where its function crosses zero; output times after that are not reached.</param>
    /// <returns>States at all times, with status and statistics for each row. The caller disposes it.</returns>
    /// <exception cref="ArgumentException">The state's type or shape, the times or the options are not valid.</exception>
    /// <exception cref="SolveFailedException">A row could not be solved and <see cref="OdeOptions.ThrowOnFailure"/> is set.</exception>
    /// <exception cref="OperationCanceledException">The options' token was cancelled.</exception>
    /// <example><code>
    /// using OdeSolution rows = OdeSolver.Solve(new AutogradOdeTerm(new Fall()), start, [[0, 0.1], [0, 0.2]]);
    /// </code></example>
    public static OdeSolution Solve(IRowTimeOdeTerm term, Tensor initialState, IReadOnlyList<double[]> times, OdeOptions? options = null, bool differentiable = false, OdeEvent? stopEvent = null)
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

        return RunOrThrow(new RowSteps(term, stopEvent), initialState, [.. times], options, differentiable);
    }

    /// <summary>Solves, whether all rows can be solved or not.</summary>
    /// <param name="scheme">Who takes a step together.</param>
    /// <param name="initialState">z₀.</param>
    /// <param name="times">Valid times of each clock.</param>
    /// <param name="options">Valid options.</param>
    /// <param name="differentiable">Whether a trace is kept.</param>
    internal static OdeSolution Run(StepScheme scheme, Tensor initialState, double[][] times, OdeOptions options, bool differentiable)
    {
        using IDisposable noGrad = no_grad();
        using DisposeScope scope = NewDisposeScope();
        Tensor start = initialState.detach().contiguous();
        if (start.shape[0] == 0)
        {
            return OdeSolution.OfNoRows(scheme, start, times, options, differentiable);
        }

        bool[] invalidRows = FiniteRows.FindNotFinite(start);
        bool anyInvalid = invalidRows.AsSpan().Contains(true);
        if (anyInvalid)
        {
            start = start.nan_to_num(0, 0, 0);
        }

        int count = times[0].Length;
        Tensor outputs = full([scheme.Event is not null ? count + 1 : count, start.numel()], double.NaN.Held(), start.dtype, start.device);
        WriteInitialState(start, times, outputs);
        OdeTrace? trace = differentiable ? new OdeTrace(scheme.CheckpointLimit(options)) : null;
        try
        {
            var clocks = new SolveProgress[times.Length];
            for (int clock = 0; clock < clocks.Length; clock++)
            {
                clocks[clock] = new SolveProgress(clock, times[clock], options, start.dtype);
            }

            var solve = new SolveToEnd(scheme, clocks, options, trace);
            SolveStatus[] status = solve.Run(start, outputs);
            Tensor all = outputs.view([outputs.shape[0], .. start.shape]);
            RowOutcome.MarkNotFinite(all[count - 1], status, row => scheme.Event is not null && !double.IsNaN(clocks[row].EventTime));
            if (anyInvalid)
            {
                RowOutcome.MarkInvalid(all, invalidRows, status);
            }

            Tensor states = scheme.Event is null ? all : all.narrow(0, 0, count);
            return new OdeSolution(scheme, options, times, states.MoveToOuterDisposeScope(), status, clocks, trace)
            {
                Failures = solve.Failures,
                Evaluations = solve.Evaluations,
                EventTimes = scheme.Event is null ? null : [.. clocks.Select(clock => clock.EventTime)],
                EventStates = scheme.Event is null ? null : all[count].MoveToOuterDisposeScope(),
            };
        }
        catch
        {
            trace?.Dispose();
            throw;
        }
    }

    private static OdeSolution RunOrThrow(StepScheme scheme, Tensor initialState, double[][] times, OdeOptions options, bool differentiable)
    {
        OdeSolution solution = Run(scheme, initialState, times, options, differentiable);
        if (options.ThrowOnFailure == true && !solution.Converged)
        {
            using (solution)
            {
                SolveFailure.ThrowIfAny(solution);
            }
        }

        return solution;
    }

    private static void WriteInitialState(Tensor start, double[][] times, Tensor outputs)
    {
        outputs[0].copy_(start.view(-1));
        (long[] places, long[] clocks) = RepeatedTimes.Find(times);
        if (places.Length > 0)
        {
            Tensor rows = start.view(times.Length, -1);
            outputs.view(-1, rows.shape[1]).index_copy_(0, tensor(places, device: start.device), rows.index_select(0, tensor(clocks, device: start.device)));
        }
    }
}
