using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Solvers.Ode.OneStep;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Ode;

/// <summary>Solves initial value problems dz/dt = f(t, z), z(t₀) = z₀ for a batch of rows.</summary>
/// <example><code>
/// var term = new AutogradOdeTerm(new Decay());
/// using OdeSolution solution = OdeSolver.Solve(term, ones(1, 1, dtype: ScalarType.Float64), [0, 2], differentiable: true);
/// using OdeGradients gradients = solution.Backward(ones_like(solution.States));
/// </code></example>
public static class OdeSolver
{
    /// <summary>Solves with one step size common to all rows.</summary>
    /// <param name="term">Right-hand side f.</param>
    /// <param name="initialState">z₀, <c>[batch, ...]</c>, float32 or float64.</param>
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

        OdeSolution solution = Solve(term, initialState, times.ToArray(), options, differentiable, initialState.numel());
        if (options.ThrowOnFailure == true && !solution.Converged)
        {
            using (solution)
            {
                SolveFailure.ThrowIfAny(solution);
            }
        }

        return solution;
    }

    /// <param name="term">Right-hand side.</param>
    /// <param name="initialState">z₀.</param>
    /// <param name="times">Valid times.</param>
    /// <param name="options">Valid options.</param>
    /// <param name="differentiable">Whether a trace is kept.</param>
    /// <param name="normLength">Number of leading elements of the flat state that the error norm covers.</param>
    internal static OdeSolution Solve(IOdeTerm term, Tensor initialState, double[] times, OdeOptions options, bool differentiable, long normLength)
    {
        using IDisposable noGrad = no_grad();
        using DisposeScope scope = NewDisposeScope();
        Tensor start = initialState.detach().contiguous();
        bool[] invalidRows = FiniteRows.FindNotFinite(start);
        bool anyInvalid = invalidRows.AsSpan().Contains(true);
        if (anyInvalid)
        {
            start = start.nan_to_num(0, 0, 0);
        }

        Tensor outputs = full([times.Length, start.numel()], double.NaN.Held(), start.dtype, start.device);
        outputs[0].copy_(start.view(-1));
        OdeTrace? trace = differentiable ? new OdeTrace(options.GradientMethod == OdeGradientMethod.CheckpointedAdjoint ? options.MaximumCheckpoints : 0) : null;
        try
        {
            using OdeStepper stepper = OdeStepperFactory.Create(term, options.Method, start, outputs, normLength);
            OdeSegment[] segments = OdeSegment.Split(times[0], times[^1], options.JumpTimes, start.dtype);
            var integrator = new OdeIntegrator(stepper, times, segments, options, options.GradientMethod == OdeGradientMethod.BacksolveAdjoint ? null : trace);
            SolveStatus[] status = integrator.Run();
            Tensor states = outputs.view([times.Length, .. start.shape]);
            MarkNotFinite(states[integrator.ReachedTimes - 1], status);
            if (anyInvalid)
            {
                MarkInvalid(states, invalidRows, status);
            }

            return new OdeSolution(term, options, times, states.MoveToOuterDisposeScope(), status, integrator.ReachedTimes, integrator.Statistics, trace)
            {
                EndTime = integrator.Time,
            };
        }
        catch
        {
            trace?.Dispose();
            throw;
        }
    }

    // An overflow in the last step leaves no trace in the error estimate, nor does any with fixed steps.
    private static void MarkNotFinite(Tensor lastState, SolveStatus[] status)
    {
        bool[] notFinite = FiniteRows.FindNotFinite(lastState);
        for (int row = 0; row < status.Length; row++)
        {
            if (notFinite[row] && status[row] == SolveStatus.Converged)
            {
                status[row] = SolveStatus.Diverged;
            }
        }
    }

    private static void MarkInvalid(Tensor states, bool[] invalidRows, SolveStatus[] status)
    {
        for (int row = 0; row < status.Length; row++)
        {
            if (invalidRows[row])
            {
                states.select(1, row).fill_(double.NaN.Held());
                status[row] = SolveStatus.InvalidInput;
            }
        }
    }
}
