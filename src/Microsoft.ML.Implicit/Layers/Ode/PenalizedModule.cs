using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Solvers;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Layers.Ode;

/// <summary>
/// Any dynamics differentiated by autograd with penalties integrated beside the state, as <see cref="PenalizedDynamics"/> does for
/// <see cref="PerceptronDynamics"/>: the kinetic energy, the Jacobian's norm as the mean square of eᵀ ∂f/∂z, and the second and third derivatives
/// of the trajectory.
/// </summary>
/// <remarks>
/// Start the added columns at zero (<see cref="Extend"/>), solve with <see cref="NeuralOde"/>, and add their last values, weighted,
/// to the loss.
/// </remarks>
/// <example><code>
/// var penalized = new PenalizedModule(new MlpDynamics(2, [16], generator), DynamicsPenalties.KineticEnergy);
/// Tensor extended = new NeuralOde(penalized).forward(penalized.Extend(ones(4, 2)), tensor(new[] { 0.0, 1.0 }))[-1];
/// Tensor energy = extended[.., 2..].mean();                       // add it, weighted, to the loss
/// </code></example>
public sealed class PenalizedModule : nn.Module<Tensor, Tensor, Tensor>
{
#pragma warning disable IDE1006 // The name of this field is the name in the state dictionary.
    private readonly nn.Module<Tensor, Tensor, Tensor> dynamics;
#pragma warning restore IDE1006
    private readonly DynamicsPenalties _penalties;

    /// <summary>Adds penalties to dynamics.</summary>
    /// <param name="dynamics">f, called with the time and the state <c>[batch, dimension]</c>.</param>
    /// <param name="penalties">What is integrated, in the order of the enumeration. Derivatives of the trajectory differentiate f as often as their order says less one.</param>
    public PenalizedModule(nn.Module<Tensor, Tensor, Tensor> dynamics, DynamicsPenalties penalties)
        : base(nameof(PenalizedModule))
    {
        ArgumentNullException.ThrowIfNull(dynamics);
        this.dynamics = dynamics;
        _penalties = penalties;
        RegisterComponents();
    }

    /// <summary>Number of columns after the state's.</summary>
    public int PenaltyCount => int.PopCount((int)_penalties);

    /// <summary>e for <see cref="DynamicsPenalties.JacobianNorm"/>, <c>[batch, dimension]</c>, of zero mean and unit covariance: set it anew for each solve and leave it until the gradients of that solve are computed.</summary>
    public Tensor? Direction { get; set; }

    /// <summary>Adds columns of zeros to a state.</summary>
    /// <param name="state"><c>[batch, dimension]</c>.</param>
    /// <returns><c>[batch, dimension + penalties]</c>.</returns>
    public Tensor Extend(Tensor state)
    {
        ArgumentNullException.ThrowIfNull(state);
        return Integrands.Means(_penalties, state.shape[1]).Extend(state);
    }

    /// <summary>Evaluates f and the penalties within autograd.</summary>
    /// <param name="time">t.</param>
    /// <param name="state"><c>[batch, dimension + penalties]</c>.</param>
    /// <returns>Derivatives, of the shape of <paramref name="state"/>.</returns>
    /// <exception cref="InvalidOperationException">The Jacobian's norm is wanted and <see cref="Direction"/> is not set.</exception>
    public override Tensor forward(Tensor time, Tensor state)
    {
        ArgumentNullException.ThrowIfNull(time);
        ArgumentNullException.ThrowIfNull(state);
        bool followed = is_grad_enabled();
        using DisposeScope scope = NewDisposeScope();
        using IDisposable grad = enable_grad();
        Tensor z = state.narrow(1, 0, state.shape[1] - PenaltyCount);
        z = followed && z.requires_grad ? z : z.detach().requires_grad_();
        Tensor t = followed && time.requires_grad ? time : time.detach().requires_grad_();
        Tensor slope = TensorContract.Require(dynamics.forward(t, z), z, dynamics.GetName());
        Tensor? product = _penalties.HasFlag(DynamicsPenalties.JacobianNorm) ? JacobianProduct(slope, z, followed) : null;
        Tensor? second = HasDerivatives ? TotalDerivative(slope, t, z, slope) : null;
        Tensor? third = _penalties.HasFlag(DynamicsPenalties.ThirdDerivative) ? TotalDerivative(second!, t, z, slope) : null;
        Tensor extended = Integrands.Means(_penalties, z.shape[1]).Append(slope, null, product, second, third);
        return (followed ? extended : extended.detach()).MoveToOuterDisposeScope();
    }

    private bool HasDerivatives => (_penalties & (DynamicsPenalties.SecondDerivative | DynamicsPenalties.ThirdDerivative)) != 0;

    // ∂v/∂t + ∂v/∂z f of v(t, z): the pullback u ↦ uᵀ ∂v is linear in u, so that its own pullback is the pushforward.
    private static Tensor TotalDerivative(Tensor value, Tensor time, Tensor state, Tensor slope)
    {
        Tensor cotangent = zeros_like(value).requires_grad_();
        Tensor?[] pullback = GuardedAutograd.DifferentiablePullback(value, [time, state], cotangent);
        Tensor?[] terms = [pullback[0]?.sum(), pullback[1] is { } product ? (product * slope).sum() : null];
        return terms.OfType<Tensor>().Aggregate((Tensor?)null, (sum, term) => sum?.Plus(term) ?? term) is { } along
            && GuardedAutograd.DifferentiablePullback(along, [cotangent], ones_like(along))[0] is { } derivative
            ? derivative
            : zeros_like(value);
    }

    private Tensor JacobianProduct(Tensor slope, Tensor state, bool followed)
    {
        Tensor direction = Direction ?? throw new InvalidOperationException($"Set {nameof(Direction)} before the solve.");
        TensorContract.Require(direction, slope, nameof(Direction));
        Tensor? product = slope.requires_grad ? autograd.grad([slope], [state], [direction], create_graph: followed, retain_graph: true, allow_unused: true)[0] : null;
        return product is { IsInvalid: false } gradient ? gradient : zeros_like(state);
    }
}
