using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Solvers.Ode;
using Microsoft.ML.Implicit.Solvers.Ode.Stepping;
using Microsoft.ML.Implicit.Solvers.Sde.Adjoints;
using Microsoft.ML.Implicit.Solvers.Sde.Brownian;
using Microsoft.ML.Implicit.Solvers.Sde.Methods;
using Microsoft.ML.Implicit.Solvers.Sde.Stepping;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Sde;

/// <summary>Solves stochastic differential equations dy = f(t, y) dt + g(t, y) dW, y(t₀) = y₀ for a batch of rows.</summary>
/// <remarks>
/// <para>
/// Each row has a Brownian motion of its own, from a <see cref="BrownianPath"/>: the same path gives the same solution again, and solutions with
/// shorter steps come closer to its exact one. With fixed steps a row's solution does not depend on the other rows; adaptive sizes are common to all.
/// </para>
/// <para>
/// Adaptive steps need a method that converges on any division of time: prefer Stratonovich equations with <see cref="SdeMethods.Heun"/> or
/// <see cref="SdeMethods.SlowRk"/>, or additive noise, to Itô equations with general noise.
/// </para>
/// </remarks>
/// <example>
/// A thousand paths of geometric Brownian motion, the example of <see cref="StochasticEquation"/>, over one year in daily steps:
/// <code>
/// var equation = new GeometricBrownianMotion(drift: 0.05, volatility: 0.2);
/// var path = new BrownianPath(BrownianPath.Seeds(seed: 1, rows: 1000), channels: 1, start: 0, end: 1, intervals: 252);
/// var options = new SdeOptions { Method = SdeMethods.Milstein, StepControl = new FixedStepControl(1.0 / 252) };
/// using SdeSolution solution = SdeSolver.Solve(equation, torch.ones(1000, 1), [0, 0.5, 1], path, options);
/// Tensor states = solution.States;      // [3, 1000, 1]
/// </code>
/// <see cref="Layers.Sde.NeuralSde"/> solves within autograd, with drift and diffusion that are learned.
/// </example>
public static class SdeSolver
{
    /// <summary>Solves an equation.</summary>
    /// <param name="equation">Drift, diffusion and the sense in which they are meant.</param>
    /// <param name="initialState">y₀, <c>[rows, dimension]</c>, float32 or float64.</param>
    /// <param name="times">t₀ and the times at which the state is wanted, strictly increasing.</param>
    /// <param name="path">The noise: from t₀ or before to the last time or after, with a row for each row and as many channels as the equation needs.</param>
    /// <param name="options">Method and step control; <see langword="null"/> for the defaults.</param>
    /// <returns>States at all times, with status and statistics. The caller disposes it.</returns>
    /// <exception cref="ArgumentException">An argument is not valid, they do not fit together, or the method does not solve such an equation.</exception>
    /// <exception cref="SolveFailedException">A row could not be solved and <see cref="SdeOptions.ThrowOnFailure"/> is set.</exception>
    /// <exception cref="OperationCanceledException">The options' token was cancelled.</exception>
    public static SdeSolution Solve(StochasticEquation equation, Tensor initialState, ReadOnlySpan<double> times, BrownianPath path, SdeOptions? options = null) =>
        Record(equation, initialState, times, path, options ?? new SdeOptions(), differentiable: false).Solution;

    /// <summary>Solves an equation, with a record of the steps where gradients are wanted.</summary>
    internal static SdeRecord Record(StochasticEquation equation, Tensor initialState, ReadOnlySpan<double> times, BrownianPath path, SdeOptions options, bool differentiable)
    {
        ArgumentNullException.ThrowIfNull(equation);
        ArgumentNullException.ThrowIfNull(initialState);
        ArgumentNullException.ThrowIfNull(path);
        NativeBackend.EnsureLoaded();
        options.Validate();
        SdeArguments.Validate(equation, initialState, times, path);
        SdeMethod method = options.Method ?? SdeMethods.For(equation);
        SdeArguments.ValidateMethod(method, equation, options, differentiable);
        if (options.StepControl is AdaptiveStepControl && !method.EstimatesError)
        {
            method = new HalvedSteps(method);
        }

        SdeRecord record = Record(equation, initialState, times.ToArray(), path, options, method, differentiable);
        if (options.ThrowOnFailure == true && !record.Solution.Converged)
        {
            using (record)
            {
                record.ThrowIfFailed();
            }
        }

        return record;
    }

    private static SdeRecord Record(
        StochasticEquation equation, Tensor initialState, double[] times, BrownianPath path, SdeOptions options, SdeMethod method, bool differentiable)
    {
        using IDisposable noGrad = no_grad();
        using DisposeScope scope = NewDisposeScope();
        Tensor start = initialState.detach().contiguous();
        bool[] invalidRows = FiniteRows.FindNotFinite(start);
        bool anyInvalid = invalidRows.AsSpan().Contains(true);
        Tensor outputs = full([times.Length, .. start.shape], double.NaN.Held(), start.dtype, start.device);
        outputs[0].copy_(anyInvalid ? start.nan_to_num(0, 0, 0) : start);
        bool isReversed = options.GradientMethod == SdeGradientMethod.ReversibleAdjoint;
        SdeTrace? trace = differentiable ? new SdeTrace(isReversed ? 0 : options.MaximumCheckpoints) : null;
        try
        {
            OdeOptions steps = options.Steps(method, equation, times);
            using var driven = new DrivenEquation(equation, path, start);
            using var integrator = new SdeIntegrator(driven, method, steps, times, outputs, trace);
            SolveStatus[] status = integrator.Run();
            RowOutcome.MarkNotFinite(outputs[integrator.ReachedTimes - 1], status);
            if (anyInvalid)
            {
                RowOutcome.MarkInvalid(outputs, invalidRows, status);
            }

            var solution = new SdeSolution(outputs.MoveToOuterDisposeScope(), times, status, integrator.ReachedTimes, integrator.Time, integrator.Statistics);
            Tensor? end = differentiable && isReversed ? integrator.State.alias().MoveToOuterDisposeScope() : null;
            return new SdeRecord(equation, path, method, steps, solution, trace, end);
        }
        catch
        {
            trace?.Dispose();
            throw;
        }
    }
}
