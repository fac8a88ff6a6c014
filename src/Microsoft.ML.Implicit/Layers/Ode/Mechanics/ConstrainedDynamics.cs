using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Solvers;
using Microsoft.ML.Implicit.Solvers.Ode.OneStep;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Layers.Ode.Mechanics;

/// <summary>
/// A mechanical system whose positions are bound to c(q) = 0, such as bodies on rods: the forces that keep it there, G(q)ᵀ λ with G = ∂c/∂q, follow from d²c/dt² = 0
/// (Hairer, Wanner, Solving Ordinary Differential Equations II, VII.1).
/// </summary>
/// <remarks>
/// They keep solutions on c(q) = 0 up to the errors of the steps, which add up; <see cref="ConstraintProjection"/> brings each step back. The constraints must be
/// independent of one another wherever a solution goes, and may have parameters.
/// </remarks>
/// <example>
/// A weight on a rod of length 1, in the plane:
/// <code>
/// sealed class Rod() : nn.Module&lt;Tensor, Tensor&gt;("rod")
/// {
///     public override Tensor forward(Tensor q) => q.pow(2).sum(1, keepdim: true) - 1;
/// }
///
/// var onRod = new ConstrainedDynamics(weight, new Rod());
/// var swing = new NeuralOde(onRod, new OdeOptions { Method = new ConstraintProjection(onRod), StepControl = new FixedStepControl(0.05) });
/// </code></example>
public sealed class ConstrainedDynamics : nn.Module<Tensor, Tensor, Tensor>
{
    // Steps leave the constraints by the error of one step: Newton's method squares it each time.
    private const int NewtonIterations = 3;

#pragma warning disable IDE1006 // The names of these fields are the names in the state dictionary.
    private readonly MechanicalDynamics mechanics;
    private readonly nn.Module<Tensor, Tensor> constraint;
#pragma warning restore IDE1006

    /// <summary>Binds a system.</summary>
    /// <param name="mechanics">The system without constraints.</param>
    /// <param name="constraint">c: maps positions <c>[rows, n]</c> to <c>[rows, constraints]</c>, fewer than n, by operations that can be differentiated three times.</param>
    public ConstrainedDynamics(MechanicalDynamics mechanics, nn.Module<Tensor, Tensor> constraint)
        : base(nameof(ConstrainedDynamics))
    {
        ArgumentNullException.ThrowIfNull(mechanics);
        ArgumentNullException.ThrowIfNull(constraint);
        this.mechanics = mechanics;
        this.constraint = constraint;
        RegisterComponents();
    }

    /// <summary>Evaluates dz/dt with the forces of the constraints, within autograd.</summary>
    /// <param name="time">t, which it does not depend on.</param>
    /// <param name="state">z as <see cref="MechanicalDynamics"/> has it, <c>[rows, 2 n + controls]</c>.</param>
    /// <returns>dz/dt, of the shape of <paramref name="state"/>.</returns>
    /// <exception cref="ArgumentException">The state has another width, or the constraints another shape.</exception>
    public override Tensor forward(Tensor time, Tensor state)
    {
        ArgumentNullException.ThrowIfNull(state);
        using DisposeScope scope = NewDisposeScope();
        Tensor? controls = mechanics.Controls > 0 ? mechanics.Held(state) : null;
        Tensor derivative = LocalGraph.Evaluate(mechanics.Phase(state), phase =>
        {
            Tensor free = mechanics.Derivative(phase, controls);
            Level level = LevelAt(phase);
            Tensor missed = level.RateGradient.matmul(free.unsqueeze(2));
            return free - Level.Correction(missed, level.MomentumResponse);
        });
        return (controls is null ? derivative : cat([derivative, zeros_like(controls)], 1)).MoveToOuterDisposeScope();
    }

    /// <summary>The nearest states whose positions meet the constraints and whose velocities keep to them, by Newton's method, within autograd.</summary>
    /// <param name="state">States near them, <c>[rows, 2 n + controls]</c>.</param>
    /// <returns>States of the same shape.</returns>
    /// <exception cref="ArgumentException">The state has another width, or the constraints another shape.</exception>
    public Tensor Project(Tensor state)
    {
        ArgumentNullException.ThrowIfNull(state);
        using DisposeScope scope = NewDisposeScope();
        Tensor projected = LocalGraph.Evaluate(mechanics.Phase(state), phase =>
        {
            for (int iteration = 0; iteration < NewtonIterations; iteration++)
            {
                Level level = LevelAt(phase);
                phase = phase - Level.Correction(level.Value.unsqueeze(2), level.PositionResponse);
            }

            for (int iteration = 0; iteration < NewtonIterations; iteration++)
            {
                Level level = LevelAt(phase);
                phase = phase - Level.Correction(level.Rate.unsqueeze(2), level.MomentumResponse);
            }

            return phase;
        });
        return (mechanics.Controls > 0 ? cat([projected, mechanics.Held(state)], 1) : projected).MoveToOuterDisposeScope();
    }

    /// <summary>How far states are from the constraints.</summary>
    /// <param name="state">z, <c>[rows, 2 n + controls]</c>.</param>
    /// <returns>c and dc/dt, each <c>[rows, constraints]</c>.</returns>
    /// <exception cref="ArgumentException">The state has another width, or the constraints another shape.</exception>
    public (Tensor Value, Tensor Rate) Violation(Tensor state)
    {
        ArgumentNullException.ThrowIfNull(state);
        using DisposeScope scope = NewDisposeScope();
        Tensor both = LocalGraph.Evaluate(mechanics.Phase(state), phase =>
        {
            Level level = LevelAt(phase);
            return stack([level.Value, level.Rate]);
        });
        return (both[0].MoveToOuterDisposeScope(), both[1].MoveToOuterDisposeScope());
    }

    private Level LevelAt(Tensor phase)
    {
        (Tensor q, _) = PhaseSpace.Split(phase);
        Tensor value = constraint.forward(q);
        long count = value is { IsInvalid: false } && value.dim() == 2 ? value.shape[1] : 1;
        TensorContract.Require(value, [q.shape[0], count], q, $"the constraint {constraint.GetName()}", string.Empty);
        Tensor gradient = Rows(value, q);
        Tensor rate = gradient.matmul(mechanics.Velocity(phase).unsqueeze(2)).squeeze(2);
        Tensor response = stack(gradient.unbind(1).Select(force => mechanics.Respond(q, force)), 2);
        return new Level(value, rate, gradient, Rows(rate, phase), response);
    }

    // The Jacobian of [rows, m] with respect to [rows, k], a row of it for each column: [rows, m, k].
    private static Tensor Rows(Tensor value, Tensor variable) => stack(
        value.unbind(1).Select(column => GuardedAutograd.DifferentiablePullback(column, [variable], ones_like(column))[0] ?? zeros_like(variable)), 1);

    /// <param name="Value">c, [rows, m].</param>
    /// <param name="Rate">dc/dt, [rows, m].</param>
    /// <param name="Gradient">G, [rows, m, n].</param>
    /// <param name="RateGradient">Derivatives of dc/dt with respect to positions and momenta, [rows, m, 2 n].</param>
    /// <param name="Response">What the constraints' forces add to the rates of momenta, [rows, n, m].</param>
    private sealed record Level(Tensor Value, Tensor Rate, Tensor Gradient, Tensor RateGradient, Tensor Response)
    {
        /// <summary>The directions in which positions are corrected, with the constraints' derivatives along them.</summary>
        public (Tensor Directions, Tensor Slopes) PositionResponse => (cat([Response, zeros_like(Response)], 1), Gradient.matmul(Response));

        /// <summary>The directions in which momenta are, with the derivatives of the constraints' rates.</summary>
        public (Tensor Directions, Tensor Slopes) MomentumResponse
        {
            get
            {
                Tensor directions = cat([zeros_like(Response), Response], 1);
                return (directions, RateGradient.matmul(directions));
            }
        }

        /// <summary>The combination of directions along which the constraints change by an amount, [rows, 2 n].</summary>
        public static Tensor Correction(Tensor amount, (Tensor Directions, Tensor Slopes) response) => response.Directions.matmul(linalg.solve(response.Slopes, amount)).squeeze(2);
    }
}
