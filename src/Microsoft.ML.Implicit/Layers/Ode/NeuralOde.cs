using Microsoft.ML.Implicit.Differentiation;
using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Solvers;
using Microsoft.ML.Implicit.Solvers.Ode;
using Microsoft.ML.Implicit.Solvers.Ode.Rowwise;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Layers.Ode;

/// <summary>
/// The solution of dz/dt = f(t, z), z(t₀) = z₀ as a layer (Chen, Rubanova, Bettencourt, Duvenaud, Neural ordinary
/// differential equations, 2018), with gradients with respect to z₀, the parameters of f and all times.
/// </summary>
/// <example><code>
/// var dynamics = new MlpDynamics(dimension: 2, hiddenWidths: [32], generator);
/// var layer = new NeuralOde(dynamics);
/// Tensor start = randn(64, 2, generator: generator);
/// Tensor times = tensor(new[] { 0.0, 0.5, 1.0 });
/// Tensor states = layer.forward(start, times);                // [3, 64, 2]
/// ImplicitBackward.Run(() =&gt; states[-1].pow(2).mean().backward());
/// </code></example>
public sealed class NeuralOde : nn.Module<Tensor, Tensor, Tensor>
{
#pragma warning disable IDE1006 // The name of this field is the name in the state dictionary.
    private readonly nn.Module<Tensor, Tensor, Tensor> dynamics;
#pragma warning restore IDE1006

    /// <summary>Creates the layer.</summary>
    /// <param name="dynamics">
    /// f: <see cref="MlpDynamics"/> or any other <see cref="IDifferentiableOdeTerm"/>, or any module that maps the time, a
    /// tensor without dimensions, and the state <c>[batch, ...]</c> to dz/dt and is differentiated by autograd.
    /// </param>
    /// <param name="options">
    /// Method, step control and gradient method; <see langword="null"/> for the defaults. The layer throws where a row could not be solved,
    /// unless <see cref="OdeOptions.ThrowOnFailure"/> is <see langword="false"/>.
    /// </param>
    /// <exception cref="ArgumentException">The options are not valid.</exception>
    public NeuralOde(nn.Module<Tensor, Tensor, Tensor> dynamics, OdeOptions? options = null)
        : base(nameof(NeuralOde))
    {
        ArgumentNullException.ThrowIfNull(dynamics);
        NativeBackend.EnsureLoaded();
        this.dynamics = dynamics;
        Options = (options ?? new OdeOptions()) with { ThrowOnFailure = options?.ThrowOnFailure ?? true };
        Options.Validate();
        Term = dynamics as IDifferentiableOdeTerm ?? new AutogradOdeTerm(dynamics);
        RegisterComponents();
    }

    /// <summary>Method, step control and gradient method.</summary>
    public OdeOptions Options { get; }

    /// <summary>The dynamics f.</summary>
    public IDifferentiableOdeTerm Term { get; }

    /// <summary>Solves within autograd; the whole solve is one node of its graph.</summary>
    /// <param name="initialState">z₀, <c>[batch, ...]</c>; there may be no rows.</param>
    /// <param name="times">
    /// t₀ and the times at which the state is wanted: <c>[times]</c>, strictly increasing or strictly decreasing, for one step
    /// size common to all rows; or <c>[batch, times]</c>, sorted in each row, for rows that step independently.
    /// </param>
    /// <returns>States, <c>[times, batch, ...]</c>; NaN at times that were not reached, where failures are not thrown.</returns>
    /// <exception cref="ArgumentException">The state's type or shape, or the times, are not valid, or the dynamics cannot be evaluated at a time for each row.</exception>
    /// <exception cref="SolveFailedException">A row could not be solved and <see cref="OdeOptions.ThrowOnFailure"/> is not <see langword="false"/>.</exception>
    /// <exception cref="OperationCanceledException">The options' token was cancelled.</exception>
    /// <remarks>
    /// Call <c>backward()</c> through <see cref="ImplicitBackward.Run"/>, so that errors inside it reach the caller.
    /// It can be differentiated any number of times, by every method of integration: gradients that are to be differentiated again come from
    /// repeating the accepted steps under autograd. By times it can be differentiated once. What a module returns is checked, and so are the gradients that come back; but an exception that leaves the backward pass of an autograd function of its own ends the process, as it does anywhere in TorchSharp.
    /// </remarks>
    public override Tensor forward(Tensor initialState, Tensor times)
    {
        ArgumentNullException.ThrowIfNull(initialState);
        ArgumentNullException.ThrowIfNull(times);
        IReadOnlyList<Tensor> parameters = Term.Parameters;
        bool differentiable = is_grad_enabled() && (initialState.requires_grad || times.requires_grad || parameters.Any(p => p.requires_grad));
        using OdeSolution solution = times.dim() == 2 && times.shape[0] > 0
            ? Solve(initialState, RowsOf(times), differentiable)
            : Solve(initialState, ToDoubles(times, initialState), differentiable);
        if (!differentiable)
        {
            return solution.States.alias();
        }

        return OdeRule.Attach(solution, initialState, times, parameters);
    }

    /// <summary>Solves outside autograd, with status, statistics and, where asked for, gradients in plain calls.</summary>
    /// <param name="initialState">z₀, <c>[batch, ...]</c>.</param>
    /// <param name="times">t₀ and the times at which the state is wanted.</param>
    /// <param name="differentiable">Whether <see cref="OdeSolution.Backward"/> will be called.</param>
    /// <returns>The solution, which the caller disposes.</returns>
    /// <exception cref="ArgumentException">The state's type or shape, or the times, are not valid.</exception>
    /// <exception cref="SolveFailedException">A row could not be solved and <see cref="OdeOptions.ThrowOnFailure"/> is not <see langword="false"/>.</exception>
    /// <exception cref="OperationCanceledException">The options' token was cancelled.</exception>
    public OdeSolution Solve(Tensor initialState, ReadOnlySpan<double> times, bool differentiable = false)
    {
        Validate(initialState);
        return OdeSolver.Solve(Term, initialState, times, Options, differentiable);
    }

    /// <summary>Solves outside autograd with times and step sizes of its own for every row.</summary>
    /// <param name="initialState">z₀, <c>[batch, ...]</c>.</param>
    /// <param name="times">For each row t₀ and the times at which its state is wanted, sorted; equal neighbours are allowed.</param>
    /// <param name="differentiable">Whether <see cref="OdeSolution.Backward"/> will be called.</param>
    /// <param name="stopEvent">Stops a row where its function crosses zero.</param>
    /// <returns>The solution, which the caller disposes.</returns>
    /// <exception cref="ArgumentException">The state's type or shape, or the times, are not valid, or the dynamics cannot be evaluated at a time for each row.</exception>
    /// <exception cref="SolveFailedException">A row could not be solved and <see cref="OdeOptions.ThrowOnFailure"/> is not <see langword="false"/>.</exception>
    /// <exception cref="OperationCanceledException">The options' token was cancelled.</exception>
    public OdeSolution Solve(Tensor initialState, IReadOnlyList<double[]> times, bool differentiable = false, OdeEvent? stopEvent = null)
    {
        Validate(initialState);
        return Term is IRowTimeOdeTerm term
            ? OdeSolver.Solve(term, initialState, times, Options, differentiable, stopEvent)
            : throw new ArgumentException($"Dynamics whose rows have times of their own must implement {nameof(IRowTimeOdeTerm)}.", nameof(times));
    }

    private void Validate(Tensor initialState)
    {
        ArgumentNullException.ThrowIfNull(initialState);
        foreach (Tensor parameter in Term.Parameters)
        {
            if (parameter.dtype != initialState.dtype || parameter.device_type != initialState.device_type)
            {
                throw new ArgumentException(
                    $"The initial state is {initialState.dtype} on {initialState.device}, the parameters of the dynamics are {parameter.dtype} on {parameter.device}.", nameof(initialState));
            }
        }
    }

    private static double[][] RowsOf(Tensor times)
    {
        using DisposeScope scope = NewDisposeScope();
        double[] values = [.. times.detach().cpu().to(ScalarType.Float64).reshape(-1).data<double>()];
        return [.. values.Chunk(Math.Max(1, (int)times.shape[1]))];
    }

    // Where there are no rows, only the number of their times is known, and any will do.
    private static double[] ToDoubles(Tensor times, Tensor initialState)
    {
        using DisposeScope scope = NewDisposeScope();
        return times.dim() == 2 && initialState.shape is [0, ..] ? [.. Enumerable.Range(0, (int)times.shape[1]).Select(k => (double)k)]
            : times.dim() == 1
            ? [.. times.detach().cpu().to(ScalarType.Float64).data<double>()]
            : throw new ArgumentException($"Times must be a vector, or a matrix with a row for each row of the state; they have shape [{string.Join(", ", times.shape)}].", nameof(times));
    }
}
