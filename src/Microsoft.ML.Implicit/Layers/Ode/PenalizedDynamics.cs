using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Solvers.Ode;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Layers.Ode;

/// <summary>
/// <see cref="MlpDynamics"/> with penalties integrated beside the state: the columns after the state's are the integrals
/// of <see cref="DynamicsPenalties"/>, in the order of that enumeration, each a mean over coordinates.
/// </summary>
/// <remarks>
/// Start the added columns at zero (<see cref="Extend"/>), add their last values, weighted, to the loss, and train as
/// usual: the vector-Jacobian products are in closed form.
/// </remarks>
public sealed class PenalizedDynamics : IDifferentiableOdeTerm
{
    private readonly MlpDynamics _dynamics;
    private readonly DynamicsPenalties _penalties;
    private readonly Tensor? _direction;

    /// <summary>Adds penalties to dynamics.</summary>
    /// <param name="dynamics">f.</param>
    /// <param name="penalties">What is integrated.</param>
    /// <param name="direction">e for <see cref="DynamicsPenalties.JacobianNorm"/>, <c>[batch, dimension]</c>, of zero mean and unit covariance, fixed over one solve.</param>
    /// <exception cref="ArgumentException">The Jacobian's norm is wanted and there is no direction.</exception>
    public PenalizedDynamics(MlpDynamics dynamics, DynamicsPenalties penalties, Tensor? direction = null)
    {
        ArgumentNullException.ThrowIfNull(dynamics);
        if (penalties.HasFlag(DynamicsPenalties.JacobianNorm) && direction is null)
        {
            throw new ArgumentException($"{nameof(DynamicsPenalties.JacobianNorm)} needs a random direction.", nameof(direction));
        }

        _dynamics = dynamics;
        _penalties = penalties;
        _direction = direction;
    }

    /// <summary>Number of columns after the state's.</summary>
    public int PenaltyCount => int.PopCount((int)_penalties);

    /// <inheritdoc/>
    public IReadOnlyList<Tensor> Parameters => _dynamics.Parameters;

    /// <summary>Adds columns of zeros to a state.</summary>
    /// <param name="state"><c>[batch, dimension]</c>.</param>
    /// <returns><c>[batch, dimension + penalties]</c>.</returns>
    public Tensor Extend(Tensor state)
    {
        ArgumentNullException.ThrowIfNull(state);
        using Tensor columns = zeros(state.shape[0], PenaltyCount, state.dtype, state.device);
        return cat([state, columns], 1);
    }

    /// <inheritdoc/>
    public Tensor Evaluate(double time, Tensor state)
    {
        using OdeLinearization linearization = Linearize(time, state);
        return linearization.Value.alias();
    }

    /// <inheritdoc/>
    public OdeLinearization Linearize(double time, Tensor state)
    {
        ArgumentNullException.ThrowIfNull(state);
        return new Linearization(this, time, state);
    }

    private sealed class Linearization : OdeLinearization
    {
        private readonly PenalizedDynamics _owner;
        private readonly OdeLinearization _base;
        private readonly DivergenceLinearization? _jacobian;
        private readonly DivergenceLinearization? _second;

        public Linearization(PenalizedDynamics owner, double time, Tensor state)
        {
            using IDisposable noGrad = no_grad();
            using DisposeScope scope = NewDisposeScope();
            _owner = owner;
            Tensor z = state.narrow(1, 0, owner._dynamics.Dimension);
            _base = owner._dynamics.Linearize(time, z);
            var columns = new List<Tensor> { _base.Value };
            if (owner._penalties.HasFlag(DynamicsPenalties.KineticEnergy))
            {
                columns.Add(MeanSquare(_base.Value));
            }

            if (owner._penalties.HasFlag(DynamicsPenalties.JacobianNorm))
            {
                _jacobian = owner._dynamics.LinearizeWithDivergence(time, z, owner._direction!.unsqueeze(0));
                columns.Add(MeanSquare(_jacobian.Tangents[0]));
            }

            if (owner._penalties.HasFlag(DynamicsPenalties.SecondDerivative))
            {
                // d²z/dt² = ∂f/∂z f + ∂f/∂t is the tangent along (f, 1).
                _second = new DivergenceLinearization(owner._dynamics, time, z, _base.Value.unsqueeze(0), timeTangent: 1);
                columns.Add(MeanSquare(_second.Tangents[0]));
            }

            Value = cat(columns, 1).DetachFromDisposeScope();
        }

        public override Tensor Value { get; }

        public override Tensor Pullback(Tensor cotangent, Tensor? parameterGradient)
        {
            using IDisposable noGrad = no_grad();
            using DisposeScope scope = NewDisposeScope();
            long dimension = _owner._dynamics.Dimension;
            Tensor slope = cotangent.narrow(1, 0, dimension);
            long column = dimension;
            Tensor? state = null;
            if (_owner._penalties.HasFlag(DynamicsPenalties.KineticEnergy))
            {
                slope = slope.Plus(OfMeanSquare(_base.Value, cotangent.narrow(1, column++, 1)));
            }

            if (_jacobian is not null)
            {
                Tensor tangents = OfMeanSquare(_jacobian.Tangents[0], cotangent.narrow(1, column++, 1)).unsqueeze(0);
                state = _jacobian.PullbackTangents(zeros_like(slope), tangents, parameterGradient).State;
            }

            if (_second is not null)
            {
                Tensor tangents = OfMeanSquare(_second.Tangents[0], cotangent.narrow(1, column, 1)).unsqueeze(0);
                (Tensor ofState, Tensor ofDirections) = _second.PullbackTangents(zeros_like(slope), tangents, parameterGradient);
                state = state is null ? ofState : state.Plus(ofState);
                slope = slope.Plus(ofDirections[0]);
            }

            Tensor total = _base.Pullback(slope, parameterGradient);
            total = state is null ? total : total.Plus(state);
            return cat([total, zeros_like(cotangent.narrow(1, dimension, _owner.PenaltyCount))], 1).MoveToOuterDisposeScope();
        }

        protected override void Dispose(bool disposing)
        {
            _base.Dispose();
            _jacobian?.Dispose();
            _second?.Dispose();
            Value.Dispose();
        }

        private static Tensor MeanSquare(Tensor values) => values.Squared().mean([1], keepdim: true);

        private static Tensor OfMeanSquare(Tensor values, Tensor cotangent) => values * cotangent * (2.0 / values.shape[1]).Held();
    }
}
