using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Solvers;
using Microsoft.ML.Implicit.Solvers.Ode;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Layers.Ode;

/// <summary>
/// The solution of dz/dt = f(t, z), z(t₀) = z₀ as a layer (Chen, Rubanova, Bettencourt, Duvenaud, Neural ordinary
/// differential equations, 2018), with gradients with respect to z₀, the parameters of f and all times.
/// </summary>
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
    /// <param name="options">Method, step control and gradient method; <see langword="null"/> for the defaults.</param>
    /// <exception cref="ArgumentException">The options are not valid.</exception>
    public NeuralOde(nn.Module<Tensor, Tensor, Tensor> dynamics, OdeOptions? options = null)
        : base(nameof(NeuralOde))
    {
        ArgumentNullException.ThrowIfNull(dynamics);
        NativeBackend.EnsureLoaded();
        this.dynamics = dynamics;
        Options = options ?? new OdeOptions();
        Options.Validate();
        Term = dynamics as IDifferentiableOdeTerm ?? new AutogradOdeTerm(dynamics);
        RegisterComponents();
    }

    /// <summary>Method, step control and gradient method.</summary>
    public OdeOptions Options { get; }

    /// <summary>The dynamics f.</summary>
    public IDifferentiableOdeTerm Term { get; }

    /// <summary>Solves within autograd; the whole solve is one node of its graph.</summary>
    /// <param name="initialState">z₀, <c>[batch, ...]</c>.</param>
    /// <param name="times">t₀ and the times at which the state is wanted, <c>[times]</c>, strictly increasing or strictly decreasing.</param>
    /// <returns>States, <c>[times, batch, ...]</c>; NaN at times that were not reached.</returns>
    /// <exception cref="ArgumentException">The state's type or shape, or the times, are not valid.</exception>
    /// <exception cref="SolveFailedException">A row could not be solved and <see cref="OdeOptions.ThrowOnFailure"/> is set.</exception>
    /// <exception cref="OperationCanceledException">The options' token was cancelled.</exception>
    /// <remarks>
    /// Call <c>backward()</c> through <see cref="ImplicitBackward.Run"/>, so that errors inside it reach the caller.
    /// Second derivatives are not supported.
    /// </remarks>
    public override Tensor forward(Tensor initialState, Tensor times)
    {
        ArgumentNullException.ThrowIfNull(initialState);
        ArgumentNullException.ThrowIfNull(times);
        IReadOnlyList<Tensor> parameters = Term.Parameters;
        if (is_grad_enabled() && (initialState.requires_grad || times.requires_grad || parameters.Any(p => p.requires_grad)))
        {
            return NeuralOdeFunction.Apply(this, initialState, times, parameters);
        }

        using OdeSolution solution = Solve(initialState, ToDoubles(times));
        return solution.States.alias();
    }

    /// <summary>Solves outside autograd, with status, statistics and, where asked for, gradients in plain calls.</summary>
    /// <param name="initialState">z₀, <c>[batch, ...]</c>.</param>
    /// <param name="times">t₀ and the times at which the state is wanted.</param>
    /// <param name="differentiable">Whether <see cref="OdeSolution.Backward"/> will be called.</param>
    /// <returns>The solution, which the caller disposes.</returns>
    /// <exception cref="ArgumentException">The state's type or shape, or the times, are not valid.</exception>
    /// <exception cref="SolveFailedException">A row could not be solved and <see cref="OdeOptions.ThrowOnFailure"/> is set.</exception>
    /// <exception cref="OperationCanceledException">The options' token was cancelled.</exception>
    public OdeSolution Solve(Tensor initialState, ReadOnlySpan<double> times, bool differentiable = false) =>
        OdeSolver.Solve(Term, initialState, times, Options, differentiable);

    internal static double[] ToDoubles(Tensor times)
    {
        using DisposeScope scope = NewDisposeScope();
        return times.dim() == 1
            ? [.. times.detach().cpu().to(ScalarType.Float64).data<double>()]
            : throw new ArgumentException($"Times must be a vector; they have shape [{string.Join(", ", times.shape)}].", nameof(times));
    }
}
