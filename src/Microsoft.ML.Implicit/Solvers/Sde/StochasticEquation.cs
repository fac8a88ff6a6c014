using Microsoft.ML.Implicit.Native;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Sde;

/// <summary>A stochastic differential equation dy = f(t, y) dt + g(t, y) dW.</summary>
/// <example>
/// Geometric Brownian motion, dy = μ y dt + σ y dW in Itô's sense:
/// <code>
/// sealed class GeometricBrownianMotion(double drift, double volatility) : StochasticEquation(StochasticCalculus.Ito, NoiseKind.Diagonal)
/// {
///     public override Tensor Drift(double time, Tensor state) => drift * state;
///
///     public override Tensor Diffusion(double time, Tensor state) => volatility * state;
/// }
/// </code>
/// <see cref="SdeSolver"/> solves it.
/// </example>
public abstract class StochasticEquation
{
    /// <summary>Creates an equation.</summary>
    /// <param name="calculus">In whose sense the equation is meant.</param>
    /// <param name="noise">How the channels of the noise act on the state.</param>
    /// <param name="isAdditive">Whether the diffusion depends on time alone, which allows methods of a higher order. It is taken on trust: where it is wrong, solutions are.</param>
    protected StochasticEquation(StochasticCalculus calculus, NoiseKind noise, bool isAdditive = false)
    {
        Calculus = calculus;
        Noise = noise;
        IsAdditive = isAdditive;
    }

    /// <summary>In whose sense the equation is meant.</summary>
    public StochasticCalculus Calculus { get; }

    /// <summary>How the channels of the noise act on the state.</summary>
    public NoiseKind Noise { get; }

    /// <summary>Whether the diffusion depends on time alone.</summary>
    public bool IsAdditive { get; }

    /// <summary>Whether the noise commutes, so that strong orders above ½ need no Lévy area between channels.</summary>
    public bool IsCommutative => IsAdditive || Noise != NoiseKind.General;

    /// <summary>Tensors that gradients are wanted for beside the initial state. The default is none.</summary>
    public virtual IReadOnlyList<Tensor> Parameters => [];

    /// <summary>Evaluates f(t, y).</summary>
    /// <param name="time">Time t, common to all rows.</param>
    /// <param name="state">State y, <c>[rows, dimension]</c>, not to be written to.</param>
    /// <returns>f, of the shape, type and device of <paramref name="state"/>; for gradients, made of operations that autograd follows.</returns>
    public abstract Tensor Drift(double time, Tensor state);

    /// <summary>Evaluates g(t, y).</summary>
    /// <param name="time">Time t, common to all rows.</param>
    /// <param name="state">State y, <c>[rows, dimension]</c>, not to be written to.</param>
    /// <returns>g, of the shape that <see cref="NoiseKind"/> says; for gradients, made of operations that autograd follows.</returns>
    public abstract Tensor Diffusion(double time, Tensor state);

    /// <summary>Evaluates (∂g/∂y) g for scalar or diagonal noise, which <see cref="SdeMethods.Milstein"/> needs; by autograd unless overridden.</summary>
    /// <param name="time">Time t.</param>
    /// <param name="state">State y, <c>[rows, dimension]</c>.</param>
    /// <returns>The product, of the shape of <paramref name="state"/>.</returns>
    public virtual Tensor DiffusionDerivative(double time, Tensor state)
    {
        ArgumentNullException.ThrowIfNull(state);
        bool differentiable = is_grad_enabled();
        using IDisposable graph = enable_grad();
        Tensor y = differentiable && state.requires_grad ? state : state.detach().requires_grad_();
        Tensor g = TensorContract.Require(Diffusion(time, y), y, this, " as its diffusion");

        // A diagonal Jacobian is its own transpose.
        Tensor? product = Noise == NoiseKind.Diagonal ? GuardedAutograd.DifferentiablePullback(g, [y], g)[0] : Pushforward(g, y);
        product ??= zeros_like(y);
        return differentiable ? product : product.detach();
    }

    /// <summary>The same equation with other tensors in the place of its parameters, those that are leaves of the graph excepted.</summary>
    /// <param name="parameters">One for each of <see cref="Parameters"/>.</param>
    /// <returns>The equation.</returns>
    /// <remarks>
    /// Needed only where a parameter was computed from other tensors, such as a context that an encoder gave: gradients then flow on to what
    /// it was computed from.
    /// </remarks>
    /// <exception cref="NotSupportedException">It was not overridden, and a parameter is not a leaf.</exception>
    public virtual StochasticEquation WithParameters(IReadOnlyList<Tensor> parameters) => Parameters.All(parameter => parameter.is_leaf)
        ? this
        : throw new NotSupportedException($"{this} has parameters that were computed from other tensors: override {nameof(WithParameters)}.");

    // The pullback u ↦ uᵀ ∂g/∂y is linear in u, so that its own pullback is the pushforward.
    private static Tensor? Pushforward(Tensor g, Tensor y)
    {
        Tensor cotangent = zeros_like(g).requires_grad_();
        Tensor? pullback = GuardedAutograd.DifferentiablePullback(g, [y], cotangent)[0];
        return pullback is null ? null : GuardedAutograd.DifferentiablePullback(pullback, [cotangent], g)[0];
    }
}
